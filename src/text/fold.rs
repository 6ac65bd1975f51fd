//! Letters in one spelling: case, apostrophes, look-alikes, and what a word sounds like in Ukrainian, Russian or Latin letters.

/// Lower case, one kind of apostrophe and dash, Cyrillic where Latin letters look the same.
pub fn plain(text: &str) -> String {
    let has_cyrillic = text.chars().any(is_cyrillic);
    let letter = |c: char| match c {
        '’' | 'ʼ' | '`' | '′' | '‘' => '\'',
        '–' | '—' | '‑' | '−' => '-',
        'ё' => 'е',
        'a' if has_cyrillic => 'а',
        'c' if has_cyrillic => 'с',
        'e' if has_cyrillic => 'е',
        'i' if has_cyrillic => 'і',
        'o' if has_cyrillic => 'о',
        'p' if has_cyrillic => 'р',
        'x' if has_cyrillic => 'х',
        'y' if has_cyrillic => 'у',
        other => other,
    };
    text.to_lowercase().chars().map(letter).filter(|c| !matches!(c, '"' | '«' | '»' | '“' | '”')).collect()
}

pub fn is_cyrillic(c: char) -> bool {
    ('\u{400}'..='\u{4ff}').contains(&c)
}

/// Words of a plain text: whatever stands between spaces and punctuation. Dashes, slashes and apostrophes stay inside.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_edge = |c: char| matches!(c, '\'' | '-' | '/');
    let split = text.split(move |c: char| !(c.is_alphanumeric() || is_edge(c)));
    split.map(move |word| word.trim_matches(is_edge)).filter(|word| !word.is_empty())
}

/// What a plain word sounds like, in small Latin letters and digits: one spelling for `Київська`, `Kyivska`, `Киевская`
/// but for a letter or two. Vowels that are commonly confused are one (и і ї й ы), soft signs and apostrophes are none,
/// no letter stands twice.
pub fn sound(word: &str) -> String {
    let mut out = Sound(String::with_capacity(word.len()));
    let mut letters = word.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        let digraph = match (letter, next) {
            ('s', 'h') => "w",
            ('c', 'h') => "q",
            ('z', 'h') => "j",
            ('k', 'h') => "x",
            ('t', 's') => "c",
            ('i' | 'y' | 'j', 'e') => "e",
            _ => "",
        };
        if digraph.is_empty() {
            out.letter(letter, next);
        } else {
            letters.next();
            out.push(digraph);
        }
    }
    out.without_russian_ending()
}

/// What an adjective, which most streets are called by, may be in the nominative: `Соборної`, `Соборній` and `Соборною`
/// are of `Соборна`.
pub fn nominatives(word: &str) -> Vec<String> {
    const ENDINGS: [(&str, &str); 9] = [
        ("ої", "а"),
        ("ій", "а"),
        ("ою", "а"),
        ("ой", "а"),
        ("ого", "ий"),
        ("ому", "ий"),
        ("им", "ий"),
        ("ьої", "я"),
        ("ього", "ій"),
    ];
    let stems = ENDINGS.iter().filter_map(|(ending, own)| Some((word.strip_suffix(ending)?, own)));
    stems.filter(|(stem, _)| stem.chars().count() >= 3).map(|(stem, own)| format!("{stem}{own}")).collect()
}

struct Sound(String);

impl Sound {
    fn push(&mut self, sounds: &str) {
        for sound in sounds.chars() {
            if sound.is_ascii_digit() || !self.0.ends_with(sound) {
                self.0.push(sound);
            }
        }
    }

    fn letter(&mut self, letter: char, next: char) {
        self.push(match letter {
            'а' | 'a' => "a",
            'б' | 'b' => "b",
            'в' | 'v' | 'w' => "v",
            'г' | 'ґ' | 'h' | 'g' => "h",
            'д' | 'd' => "d",
            'е' | 'є' | 'э' | 'ё' | 'e' => "e",
            'ж' => "j",
            'з' | 'z' => "z",
            // ы and ъ stand on the keys of і and ї
            'и' | 'і' | 'ї' | 'й' | 'ы' | 'ъ' | 'i' | 'y' | 'j' => "i",
            'c' if matches!(next, 'e' | 'i' | 'y') => "c",
            'к' | 'k' | 'q' | 'c' => "k",
            'л' | 'l' => "l",
            'м' | 'm' => "m",
            'н' | 'n' => "n",
            'о' | 'o' => "o",
            'п' | 'p' => "p",
            'р' | 'r' => "r",
            'с' | 's' => "s",
            'т' | 't' => "t",
            'у' | 'u' => "u",
            'ф' | 'f' => "f",
            'х' => "x",
            'ц' => "c",
            'ч' => "q",
            'ш' => "w",
            'щ' => "wq",
            'ю' => "iu",
            'я' => "ia",
            'x' => "ks",
            digit if digit.is_ascii_digit() => return self.0.push(digit),
            _ => "",
        });
    }

    /// Соборная and Соборное, as Соборна and Соборне.
    fn without_russian_ending(mut self) -> String {
        if self.0.len() > 5 && self.0.ends_with("aia") {
            self.0.truncate(self.0.len() - 2);
        } else if self.0.len() > 5 && self.0.ends_with("oe") {
            self.0.truncate(self.0.len() - 2);
            self.0.push('e');
        }
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_sounds_the_same_in_every_spelling() {
        for same in [
            &["соборна", "soborna", "соборная", "собо́рна"][..],
            &["київська", "kyivska"],
            &["хмельницького", "khmelnytskoho", "хмельницкого", "хмельніцького"],
            &["українки", "украинки", "ukrainky", "украънки"],
            &["щорса", "shchorsa"],
            &["яворницького", "yavornytskoho", "iavornytskoho"],
            &["софії", "sofii", "софии"],
            &["кам'янецька", "kamianetska", "камянецька"],
            &["згурського", "zghurskoho"],
            &["європейська", "yevropeiska", "европейская", "эвропейська"],
            &["вулиця", "vulytsia", "vulitsya"],
            &["ґонти", "гонти", "honty", "gonty"],
        ] {
            let sounds: Vec<_> = same.iter().map(|word| sound(&plain(word))).collect();
            assert!(sounds.iter().all(|sound| *sound == sounds[0]), "{same:?}: {sounds:?}");
        }
        assert_ne!(sound("садова"), sound("соборна"));
    }

    #[test]
    fn a_street_is_spoken_of_in_any_case() {
        for spoken in ["соборної", "соборній", "соборною"] {
            assert!(nominatives(spoken).contains(&"соборна".to_owned()), "{spoken}");
        }
        assert_eq!(nominatives("садовому"), ["садовий"]);
        assert_eq!(nominatives("мого"), [] as [String; 0]);
    }

    #[test]
    fn letters_that_look_the_same_are_the_same_among_cyrillic() {
        assert_eq!(plain("Сiчових Cтрільців"), "січових стрільців");
        assert_eq!(plain("Soborna"), "soborna");
        assert_eq!(plain("«Кам’яна»"), "кам'яна");
        assert_eq!(
            words("вул.соборна, 12-а (нечуя-левицького)").collect::<Vec<_>>(),
            ["вул", "соборна", "12-а", "нечуя-левицького"]
        );
    }
}
