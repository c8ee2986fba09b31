use proptest::prelude::*;

use super::text::meter;
use super::*;

/// Names as devices use them, odd ones among them.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("MAC".to_owned()),
        Just("ProbeMatch".to_owned()),
        "[A-Za-z_][A-Za-z0-9_.-]{0,12}",
        "[\u{4e00}-\u{4e20}]{1,3}",
    ]
}

/// Character data, escaped as XML wants it.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ -%'-;=?-~]{0,12}",
        1 => "[ \t\r\n]{0,4}",
        1 => "[\u{e0}-\u{ff}\u{4e00}-\u{4e80}]{1,4}",
        1 => prop::sample::select(vec![
            "&lt;", "&gt;", "&amp;", "&quot;", "&apos;", "&#65;", "&#x6d77;", "&#32;", "&#10;"
        ]).prop_map(str::to_owned),
        1 => "[ -;=?-Z^-~]{0,6}".prop_map(|text| format!("<![CDATA[{text}<&>]]>")),
        1 => "[a-z <>&]{0,6}".prop_map(|text| format!("<!--{text}-->")),
        1 => "[a-z >&\"']{0,6}".prop_map(|text| format!("<?pi {text}?>")),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn attributes() -> impl Strategy<Value = String> {
    let attribute = (
        name(),
        prop_oneof!["\"[a-z'/> ]{0,6}\"", "'[a-z\"/> ]{0,6}'"],
    );
    prop::collection::vec(attribute, 0..3).prop_map(|list| {
        list.into_iter()
            .enumerate()
            .map(|(at, (name, value))| format!(" {name}{at}={value}"))
            .collect()
    })
}

fn element() -> impl Strategy<Value = String> {
    let empty = (name(), attributes()).prop_map(|(name, list)| format!("<{name}{list}/>"));
    let leaf = (name(), attributes(), text())
        .prop_map(|(name, list, text)| format!("<{name}{list}>{text}</{name} >"));
    prop_oneof![1 => empty, 4 => leaf].prop_recursive(3, 40, 8, |inner| {
        let content = prop::collection::vec((text(), inner), 0..8);
        (name(), attributes(), content, text()).prop_map(|(name, list, content, last)| {
            let content: String = content
                .into_iter()
                .map(|(text, child)| text + &child)
                .collect();
            format!("<{name}{list}>{content}{last}</{name}>")
        })
    })
}

/// A well-formed document.
fn document() -> impl Strategy<Value = String> {
    let declaration = prop::sample::select(vec![
        "",
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
        "<?xml version='1.0' encoding='utf-8' ?>\r\n",
    ]);
    let misc = prop::sample::select(vec!["", "\r\n", "<!-- > -->", "<?pi <x> ?>"]);
    let doctype = prop::sample::select(vec![
        "",
        "<!DOCTYPE x>",
        "<!DOCTYPE x SYSTEM \"y\">",
        "<!DOCTYPE x [<!ENTITY y \"z\"><!-- > -->] >",
    ]);
    (declaration, misc.clone(), doctype, element(), misc).prop_map(
        |(declaration, before, doctype, root, after)| {
            format!("{declaration}{before}{doctype}{root}{after}")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_forgiving_scan_equals_the_strict_reading_on_well_formed_input(xml in document()) {
        let strict = strict::read(&xml);
        prop_assert!(strict.is_some(), "the generator makes well-formed documents");
        prop_assert_eq!(strict, Some(forgiving::read(&xml)));
    }

    #[test]
    fn what_the_strict_reading_takes_the_forgiving_scan_takes_alike_when_torn_and_mended(
        xml in document(),
        at in any::<prop::sample::Index>(),
    ) {
        // Whatever is cut off, the elements before the cut stay what they were.
        let whole = forgiving::read(&xml);
        let end = at.index(xml.len() + 1);
        let end = (0..=end).rev().find(|end| xml.is_char_boundary(*end)).unwrap_or(0);
        let torn = forgiving::read(&xml[..end]);
        let intact: Vec<_> = torn.elements.iter().filter(|element| !element.torn).collect();
        let before_tear = intact.len().saturating_sub(1);
        for (element, original) in intact.iter().zip(&whole.elements).take(before_tear) {
            prop_assert_eq!(*element, original);
        }
    }

    #[test]
    fn any_text_is_read_in_linear_work(xml in "(<|>|&|/|!|\\[|\\]|-|\\?|;|\"|'|a| |<!--|-->|<!\\[CDATA\\[|<a>|</a>|<\\?xml|&#){0,400}") {
        assert_linear(&xml);
    }
}

/// Input that costs more than its length in a careless reader: each is a piece that is repeated, and an end.
const HOSTILE: &[(&str, &str)] = &[
    ("<", ""),
    ("<a", ""),
    ("<a>", ""),
    ("<a ", ">"),
    ("<a b='", ""),
    ("<a b=\"", ">"),
    ("a b='c' ", ">"),
    ("</", ""),
    ("</a>", ""),
    ("<!", ""),
    ("<!--", ""),
    ("<!--", "-->"),
    ("<!-- -", "->"),
    ("<![", ""),
    ("<![", "]"),
    ("<![ ] ", ""),
    ("<!DOCTYPE [", "]"),
    ("<![CDATA[", ""),
    ("<![CDATA[", "]]>"),
    ("<![CDATA[]]", ">"),
    ("<?", ""),
    ("<?xml ", "?>"),
    ("<?pi ", "?>"),
    ("&", ""),
    ("&#", ";"),
    ("&a", ";"),
    ("&amp;", ""),
    ("<a>&", ""),
    ("<a>x</a>", ""),
    ("<MAC>x</MAC>", ""),
    ("<a> ", ""),
    (" ", ""),
    ("<a> \r\n</a>", ""),
    ("<![CDATA[ ]]>", ""),
    (">", ""),
    ("]]>", ""),
    ("-->", ""),
    ("\u{3000}", ""),
];

#[test]
fn no_hostile_input_costs_more_than_its_length() {
    for (piece, end) in HOSTILE {
        for length in [8_192, 16_384, 32_768, 65_536] {
            for start in ["", "<ProbeMatch><DeviceSN>"] {
                let repeated = piece.repeat((length - start.len() - end.len()) / piece.len());
                assert_linear(&format!("{start}{repeated}{end}"));
            }
        }
    }
}

/// Every byte may be looked at a fixed number of times, however long the input is. The worst is a text of `&`,
/// which looks ten bytes ahead from each.
fn assert_linear(xml: &str) {
    meter::take();
    let elements = forgiving::read(xml).elements.len();
    let looked_at = meter::take();
    assert!(
        looked_at <= 16 * xml.len() + 16,
        "{looked_at} looks at {} bytes: {:.40}",
        xml.len(),
        xml
    );
    assert!(elements <= xml.len());
    strict::read(xml);
    let looked_at = meter::take();
    assert!(
        looked_at <= 16 * xml.len() + 16,
        "{looked_at} looks at {} bytes: {:.40}",
        xml.len(),
        xml
    );
}

#[test]
fn an_element_is_what_stands_between_a_start_tag_and_the_next_tag() {
    let elements = |xml: &str| -> Vec<(String, String, bool)> {
        let document = forgiving::read(xml);
        let own = |element: &Element<'_>| {
            (
                element.name.to_owned(),
                element.text.clone().into_owned(),
                element.torn,
            )
        };
        document.elements.iter().map(own).collect()
    };
    let element = |name: &str, text: &str, torn| (name.to_owned(), text.to_owned(), torn);
    assert_eq!(
        elements("<r><a>1</a><b/><c> 2 </c></r>"),
        [
            element("a", "1", false),
            element("b", "", false),
            element("c", " 2 ", false),
        ]
    );
    assert_eq!(
        elements("<r><a>1<b>2</b>3</a></r>"),
        [element("a", "1", false), element("b", "2", false)]
    );
    assert_eq!(
        elements("junk<a>1<b>2"),
        [element("a", "1", false), element("b", "2", true)]
    );
    assert_eq!(elements("<a>1 < 2<3</a>"), [element("a", "1 < 2<3", false)]);
    assert_eq!(elements("<a>x<!-- </a>"), [element("a", "x ", false)]);
    assert_eq!(elements("<a>x<![CDATA[y</a>"), [element("a", "xy", false)]);
    assert_eq!(elements("<a <b>1</b>"), [element("b", "1", false)]);
    assert_eq!(elements("<a x='>1</a>"), [element("a", "1", false)]);
    assert_eq!(elements("<r></r>"), []);
    assert_eq!(elements(""), []);
}
