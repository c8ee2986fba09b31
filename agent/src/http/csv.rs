//! Comma-separated values that a spreadsheet cannot mistake for formulas.

/// Rows of fields as RFC 4180 wants them, with a byte order mark so that spreadsheets read UTF-8.
pub(crate) struct Csv(String);

impl Csv {
    pub(crate) fn new(header: &[&str]) -> Self {
        let mut csv = Self("\u{feff}".to_owned());
        csv.row(header);
        csv
    }

    pub(crate) fn row<T: AsRef<str>>(&mut self, fields: &[T]) {
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            self.field(field.as_ref());
        }
        self.0.push_str("\r\n");
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }

    fn field(&mut self, text: &str) {
        // A device may be named `=HYPERLINK(...)`; a leading apostrophe makes it text everywhere.
        let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        if !formula && !text.contains([',', '"', '\r', '\n', ' ', ';']) {
            self.0.push_str(text);
            return;
        }
        self.0.push('"');
        if formula {
            self.0.push('\'');
        }
        self.0.push_str(&text.replace('"', "\"\""));
        self.0.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_a_formula_and_every_field_stays_one() {
        let mut csv = Csv::new(&["a", "b"]);
        csv.row(&["=1+2", "say \"hi\", you"]);
        csv.row(&["@x", "two\nlines"]);
        csv.row(&["192.168.1.64", ""]);
        assert_eq!(
            csv.into_text(),
            "\u{feff}a,b\r\n\"'=1+2\",\"say \"\"hi\"\", you\"\r\n\"'@x\",\"two\nlines\"\r\n192.168.1.64,\r\n"
        );
    }
}
