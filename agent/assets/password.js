// The rules of a new password, as the box will check them. The box decides; this only ticks them off while somebody
// types, so that no half-typed password crosses the network. A test compares both over many passwords.

/** The broken rules by the box's own names, in its order. */
export function faults(password, userName) {
  const characters = [...password];
  const lower = password.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return [
    ['too-short', characters.length < 8],
    ['too-long', characters.length > 16],
    ['one-kind', kinds(password) < 2],
    ['odd-character', !/^[\x21-\x7e]*$/.test(password)],
    ['mangled', /[&<>"'\\]/.test(password)],
    ['user-name', holdsUserName(lower, userName)],
    ['common-word', /123|admin/.test(lower)],
    ['run-or-repeat', runsOrRepeats(lower)],
  ].filter(([, broken]) => broken).map(([name]) => name);
}

/** The rules as people read them: each with the faults that break it. */
export const RULES = {
  rule_length: ['too-short', 'too-long'],
  rule_kinds: ['one-kind'],
  rule_plain: ['odd-character'],
  rule_mangled: ['mangled'],
  rule_common: ['user-name', 'common-word'],
  rule_runs: ['run-or-repeat'],
};

/** `refused`, `medium` or `strong`. */
export const strength = (password, userName) => (faults(password, userName).length ? 'refused' : kinds(password) >= 3 ? 'strong' : 'medium');

/** How many kinds of upper, lower, digit and special occur. */
function kinds(password) {
  return [/[A-Z]/, /[a-z]/, /[0-9]/, /[!-/:-@[-`{-~]/].filter((kind) => kind.test(password)).length;
}

/** A name of one or two letters counts only when it is the whole password; a longer one anywhere, both ways round. */
function holdsUserName(lower, userName = 'admin') {
  const name = userName.trim().toLowerCase();
  const reverse = [...name].reverse().join('');
  if (!name) return false;
  return name.length < 3 ? lower === name || lower === reverse : lower.includes(name) || lower.includes(reverse);
}

/** Four in a row of the alphabet or of the digits, up or down, or four times the same. */
function runsOrRepeats(lower) {
  const bytes = new TextEncoder().encode(lower);
  for (let at = 0; at + 4 <= bytes.length; at++) {
    const four = bytes.slice(at, at + 4);
    const step = four[1] - four[0];
    const even = four[2] - four[1] === step && four[3] - four[2] === step;
    const text = String.fromCharCode(...four);
    if (even && (step === 0 || (Math.abs(step) === 1 && /^([0-9]{4}|[a-z]{4})$/.test(text)))) return true;
  }
  return false;
}
