# What is in the image, as SPDX 2.3 JSON: Debian's packages with their versions, the crates of the program, the firmware.
# shellcheck shell=bash disable=SC2154
python3 - "$root/var/lib/dpkg/status" "$project/Cargo.lock" "$debs" "$version" "$SOURCE_DATE_EPOCH" >"$out/resetbox-$version.spdx.json" <<'PY'
import datetime, glob, json, os, re, sys
status, lock, debs, version, epoch = sys.argv[1:]
packages = []
def add(kind, name, number, where, purl):
    ident = re.sub(r'[^A-Za-z0-9.-]', '-', f'SPDXRef-{kind}-{name}-{number}')
    packages.append({'SPDXID': ident, 'name': name, 'versionInfo': number, 'downloadLocation': where,
                     'filesAnalyzed': False, 'externalRefs': [{'referenceCategory': 'PACKAGE-MANAGER',
                     'referenceType': 'purl', 'referenceLocator': purl}]})
for part in open(status, encoding='utf-8').read().split('\n\n'):
    field = dict(re.findall(r'^(Package|Version|Architecture|Status): (.*)$', part, re.M))
    if field.get('Status', '').endswith(' installed'):
        add('deb', field['Package'], field['Version'], 'http://deb.debian.org/debian',
            f"pkg:deb/debian/{field['Package']}@{field['Version']}?arch={field['Architecture']}")
for deb in sorted(glob.glob(debs + '/*.deb')):
    name, number, arch = os.path.basename(deb)[:-4].replace('%3a', ':').split('_')
    add('deb', name, number, 'http://deb.debian.org/debian', f'pkg:deb/debian/{name}@{number}?arch={arch}')
for part in open(lock, encoding='utf-8').read().split('[[package]]')[1:]:
    field = dict(re.findall(r'^(name|version|source) = "(.*)"$', part, re.M))
    if 'source' in field:
        add('crate', field['name'], field['version'], f"https://crates.io/crates/{field['name']}",
            f"pkg:cargo/{field['name']}@{field['version']}")
made = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
json.dump({'spdxVersion': 'SPDX-2.3', 'dataLicense': 'CC0-1.0', 'SPDXID': 'SPDXRef-DOCUMENT',
           'name': f'resetbox-{version}', 'documentNamespace': f'https://spdx.org/spdxdocs/resetbox-{version}-{epoch}',
           'creationInfo': {'created': made, 'creators': ['Tool: image/build']}, 'packages': packages}, sys.stdout, indent=1)
PY
