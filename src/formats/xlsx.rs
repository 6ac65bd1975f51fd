//! Spreadsheets (Office Open XML, ECMA-376) of one sheet, written row by row in constant memory.

use std::io::{self, Write};

use chrono::{NaiveDate, NaiveDateTime};
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};

/// Rows that a sheet can hold, the header among them.
pub const MOST_ROWS: u32 = 1_048_576;
/// Characters that a cell can hold.
const LONGEST_TEXT: usize = 32_767;
/// Whole numbers that a cell keeps; larger ones are written as text.
const LARGEST_WHOLE: i64 = 999_999_999_999_999;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'c> {
    Empty,
    Text(&'c str),
    Whole(i64),
    /// A decimal number as text, for example `1234.50`.
    Decimal(&'c str),
    Boolean(bool),
    Date(NaiveDate),
    Moment(NaiveDateTime),
}

/// A sheet that is being written.
pub struct Sheet<W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
    rows: u32,
    line: String,
}

const PARTS: [(&str, &str); 5] = [
    (
        "[Content_Types].xml",
        r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"#,
    ),
    (
        "_rels/.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#,
    ),
    (
        // styles 0 to 3: plain, a header, a date, a moment
        "xl/styles.xml",
        r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>"#,
    ),
    (
        "xl/workbook.xml",
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="NAME" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
    ),
];
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const SHEET: &str = r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>"#;

impl<W: Write> Sheet<W> {
    /// Begins a sheet of that name (31 characters at most) with a row of column names.
    pub fn new<'c>(out: W, name: &str, header: impl Iterator<Item = &'c str>) -> io::Result<Self> {
        let mut zip = ZipWriter::new_stream(out);
        for (part, text) in PARTS {
            zip.start_file(part, SimpleFileOptions::default())?;
            let mut sheet_name = String::new();
            escape(&name.chars().take(31).collect::<String>(), &mut sheet_name);
            zip.write_all(DECLARATION.as_bytes())?;
            zip.write_all(text.replace("NAME", &sheet_name).as_bytes())?;
        }
        zip.start_file("xl/worksheets/sheet1.xml", SimpleFileOptions::default())?;
        zip.write_all(DECLARATION.as_bytes())?;
        zip.write_all(SHEET.as_bytes())?;
        let mut sheet = Self { zip, rows: 0, line: String::new() };
        sheet.begin_row()?;
        for (place, text) in header.enumerate() {
            sheet.text(place, text, 1)?;
        }
        sheet.end_row()?;
        Ok(sheet)
    }

    /// Adds a row. Fails where the sheet is full or a text too long for a cell.
    pub fn row<'c>(&mut self, cells: impl Iterator<Item = Cell<'c>>) -> io::Result<()> {
        self.begin_row()?;
        for (place, cell) in cells.enumerate() {
            self.cell(place, &cell)?;
        }
        self.end_row()
    }

    /// Ends the sheet and the file.
    pub fn finish(mut self) -> io::Result<()> {
        self.zip.write_all(b"</sheetData></worksheet>")?;
        self.zip.finish()?.into_inner().flush()
    }

    fn begin_row(&mut self) -> io::Result<()> {
        if self.rows == MOST_ROWS {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("a sheet holds {MOST_ROWS} rows at most")));
        }
        self.rows += 1;
        self.line = format!("<row r=\"{}\">", self.rows);
        Ok(())
    }

    fn end_row(&mut self) -> io::Result<()> {
        self.line.push_str("</row>");
        self.zip.write_all(self.line.as_bytes())
    }

    fn cell(&mut self, place: usize, cell: &Cell<'_>) -> io::Result<()> {
        match cell {
            Cell::Empty => {}
            Cell::Text(text) => self.text(place, text, 0)?,
            Cell::Whole(number) if number.abs() > LARGEST_WHOLE => self.text(place, &number.to_string(), 0)?,
            Cell::Whole(number) => self.value(place, "", &number.to_string()),
            Cell::Decimal(number) => self.value(place, "", number),
            Cell::Boolean(flag) => self.value(place, " t=\"b\"", if *flag { "1" } else { "0" }),
            Cell::Date(date) => match days(*date) {
                Some(days) => self.value(place, " s=\"2\"", &days.to_string()),
                None => self.text(place, &date.to_string(), 0)?,
            },
            Cell::Moment(moment) => match days(moment.date()) {
                Some(days) => {
                    let second = moment.time().signed_duration_since(chrono::NaiveTime::MIN).num_seconds();
                    self.value(place, " s=\"3\"", &(days as f64 + second as f64 / 86_400.0).to_string());
                }
                None => self.text(place, &moment.to_string(), 0)?,
            },
        }
        Ok(())
    }

    fn value(&mut self, place: usize, attributes: &str, value: &str) {
        let column = column(place);
        self.line.push_str(&format!("<c r=\"{column}{}\"{attributes}><v>{value}</v></c>", self.rows));
    }

    fn text(&mut self, place: usize, text: &str, style: u8) -> io::Result<()> {
        if text.encode_utf16().count() > LONGEST_TEXT {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("a cell holds {LONGEST_TEXT} characters at most"),
            ));
        }
        let column = column(place);
        self.line.push_str(&format!("<c r=\"{column}{}\" s=\"{style}\" t=\"inlineStr\"><is>", self.rows));
        self.line.push_str("<t xml:space=\"preserve\">");
        escape(text, &mut self.line);
        self.line.push_str("</t></is></c>");
        Ok(())
    }
}

/// Days since 1899-12-30, the day that Excel counts from; none for days before March 1900, which it counts wrongly.
fn days(date: NaiveDate) -> Option<i64> {
    let first = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    Some(date.signed_duration_since(first).num_days()).filter(|days| *days > 60)
}

/// `A` for 0, `AA` for 26.
fn column(mut place: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + (place % 26) as u8));
        if place < 26 {
            break;
        }
        place = place / 26 - 1;
    }
    letters.iter().rev().collect()
}

/// Text as XML; characters that XML cannot hold as `_xHHHH_` (ECMA-376 §22.4.2.4), and so what looks like one.
fn escape(text: &str, out: &mut String) {
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push_str(&format!("_x{:04X}_", u32::from(c))),
            c if u32::from(c) < 0x20 => out.push_str(&format!("_x{:04X}_", u32::from(c))),
            '_' if is_escape(rest.as_str()) => out.push_str("_x005F_"),
            c => out.push(c),
        }
    }
}

fn is_escape(rest: &str) -> bool {
    let bytes = rest.as_bytes();
    bytes.len() >= 6 && bytes[0] == b'x' && bytes[5] == b'_' && bytes[1..5].iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lettered_as_spreadsheets_do() {
        assert_eq!([0, 25, 26, 701, 702].map(column), ["A", "Z", "AA", "ZZ", "AAA"]);
    }

    #[test]
    fn days_are_counted_as_excel_counts_them() {
        let day = |text: &str| days(text.parse().unwrap());
        assert_eq!(day("2022-01-25"), Some(44586), "the first date of the example of A64");
        assert_eq!(day("1900-03-01"), Some(61));
        assert_eq!(day("1850-01-01"), None);
    }

    #[test]
    fn text_that_xml_cannot_hold_is_escaped() {
        let mut out = String::new();
        escape("a<b>&\"\u{1}_x0041_ї\n", &mut out);
        assert_eq!(out, "a&lt;b&gt;&amp;&quot;_x0001__x005F_x0041_ї\n");
    }

    #[test]
    fn a_cell_cannot_be_too_long() {
        let mut sheet = Sheet::new(Vec::new(), "a", ["b"].into_iter()).unwrap();
        let long = "ї".repeat(LONGEST_TEXT + 1);
        assert!(sheet.row([Cell::Text(&long)].into_iter()).is_err());
    }
}
