//! Answers to commands: verdicts, device codes, exchange codes. Files under `answers/`.

use sadp::{Body, Message, ParseError, ResultText, Root, Types, Verdict, parse};

/// The message in a file of `answers/`.
macro_rules! read {
    ($file:literal) => {
        parse(include_bytes!(concat!("answers/", $file)))
    };
}

fn verdict(result: ResultText, tries_left: Option<u32>, lock_minutes: Option<u32>) -> Verdict {
    Verdict {
        result,
        tries_left,
        lock_minutes,
    }
}

/// The body of an answer to a command, whose envelope must be right.
fn body(message: Result<Message, ParseError>, types: &Types) -> Body {
    let message = message.expect("a message");
    assert_eq!((message.root, &message.types), (Root::ProbeMatch, types));
    assert_eq!(
        message.uuid.unwrap().as_str(),
        "7621A503-49E6-4FBA-B3F8-CBE1F18E55F4"
    );
    message.body
}

#[test]
fn device_codes_are_read_untouched() {
    let success = || verdict(ResultText::Success, None, None);
    let string = |text: Option<&str>| Body::EncryptString {
        verdict: success(),
        string: text.map(str::to_owned),
    };
    let types = Types::GetEncryptString;
    let answer = body(read!("answer-getencryptstring.xml"), &types);
    assert_eq!(answer, string(Some("aGVsbG8gd29ybGQ+/=")));
    let answer = body(read!("answer-getencryptstring-blanks.xml"), &types);
    assert_eq!(answer, string(Some(" a&b\n")), "opaque: never trimmed");
    let answer = body(read!("answer-getencryptstring-empty.xml"), &types);
    assert_eq!(answer, string(None));
    assert_eq!(
        body(read!("answer-getcode.xml"), &Types::GetCode),
        Body::Code {
            verdict: success(),
            code: Some("Zm9vYmFy".into())
        }
    );
}

#[test]
fn exchange_answers_have_a_code_or_a_result() {
    let code = format!("{}QUI=", "QUJD".repeat(42));
    assert_eq!(
        body(read!("answer-exchangecode.xml"), &Types::ExchangeCode),
        Body::Code {
            verdict: verdict(ResultText::Empty, None, None),
            code: Some(code)
        }
    );
    assert_eq!(
        body(
            read!("answer-exchangecode-failed.xml"),
            &Types::ExchangeCode
        ),
        Body::Code {
            verdict: verdict(ResultText::Failed, None, None),
            code: None
        }
    );
}

#[test]
fn verdicts_carry_tries_and_minutes() {
    use ResultText::{
        CodeError, Empty, Locked, MailCodeError, PasswordError, RiskPassword, Success,
    };
    let answer = |message, types: &Types| match body(message, types) {
        Body::Verdict(Verdict {
            result,
            tries_left,
            lock_minutes,
        }) => (result, tries_left, lock_minutes),
        body => panic!("a verdict, not {body:?}"),
    };
    let reset = Types::Reset;
    assert_eq!(
        answer(read!("answer-reset-success.xml"), &reset),
        (Success, Some(0), Some(0))
    );
    assert_eq!(
        answer(read!("answer-reset-code-error.xml"), &reset),
        (CodeError, Some(5), Some(0))
    );
    assert_eq!(
        answer(read!("answer-reset-locked.xml"), &reset),
        (Locked, Some(0), Some(30))
    );
    assert_eq!(
        answer(read!("answer-reset-empty-result.xml"), &reset),
        (Empty, None, None)
    );
    assert_eq!(
        answer(read!("answer-reset-torn-result.xml"), &reset),
        (Empty, None, None)
    );
    let unknown = ResultText::Unknown("deviceBusy".into());
    assert_eq!(
        answer(read!("answer-reset-unknown-result.xml"), &reset),
        (unknown, None, None)
    );
    let activate = answer(read!("answer-activate-blank.xml"), &Types::Activate);
    assert_eq!(activate, (RiskPassword, None, None));
    assert_eq!(
        answer(read!("answer-lamp.xml"), &Types::Lamp),
        (Empty, None, None)
    );
    let mail = answer(read!("answer-mail-reset.xml"), &Types::MailReset);
    assert_eq!(mail, (MailCodeError, None, None));
    let update = answer(read!("answer-update.xml"), &Types::Update);
    assert_eq!(update, (PasswordError, Some(4), Some(0)));
}

#[test]
fn the_owners_ways_are_true_only_for_exactly_true() {
    let flags = sadp::PasswordResetType {
        enabled: true,
        security_question: true,
        guid: false,
        mail: false,
        hc_verification_code: true,
    };
    let verdict = verdict(ResultText::Success, None, None);
    assert_eq!(
        body(
            read!("answer-password-reset-type.xml"),
            &Types::GetPasswordResetType
        ),
        Body::PasswordResetType { verdict, flags }
    );
    let questions = body(
        read!("answer-security-questions.xml"),
        &Types::GetSecurityQuestion,
    );
    assert_eq!(questions, Body::Other);
}
