//! Names of streets, people and companies. The people are invented: given names and surnames are combined by chance.

use super::codes::{Dice, edrpou};

#[rustfmt::skip]
const FIRST: [&str; 22] = [
    "Соборна", "Центральна", "Незалежності", "Шевченка", "Лесі Українки", "Івана Франка", "Січових Стрільців", "Героїв України",
    "Михайла Грушевського", "Свободи", "Захисників України", "Богдана Хмельницького", "Григорія Сковороди", "Небесної Сотні",
    "Княгині Ольги", "Ярослава Мудрого", "Конституції", "Козацька", "Миру", "Європейська", "Вокзальна", "Університетська",
];
#[rustfmt::skip]
const ADJECTIVES: [&str; 112] = [
    "Садова", "Вишнева", "Яблунева", "Калинова", "Кленова", "Липова", "Дубова", "Березова", "Каштанова", "Горіхова", "Тополина", "Вербова",
    "Ясенева", "Соснова", "Ялинова", "Горобинова", "Бузкова", "Трояндова", "Волошкова", "Барвінкова", "Чорнобривцева", "Малинова", "Абрикосова",
    "Виноградна", "Квіткова", "Весняна", "Літня", "Осіння", "Зимова", "Ранкова", "Вечірня", "Сонячна", "Зоряна", "Світла", "Тиха", "Затишна", "Мирна",
    "Дружна", "Щаслива", "Радісна", "Привітна", "Зелена", "Лугова", "Польова", "Степова", "Лісова", "Гайова", "Озерна", "Річкова", "Джерельна",
    "Берегова", "Надрічна", "Ставкова", "Кринична", "Піщана", "Кам’яна", "Глиняна", "Яружна", "Нагірна", "Підгірна", "Верхня", "Нижня", "Крайня",
    "Нова", "Стара", "Широка", "Довга", "Кругла", "Прохідна", "Млинова", "Пасічна", "Медова", "Хлібна", "Ярмаркова", "Базарна", "Торгова", "Ремісна",
    "Гончарна", "Ковальська", "Бондарська", "Чумацька", "Козацька Слобода", "Гетьманська", "Полкова", "Сотенна", "Кобзарська", "Лірницька", "Театральна",
    "Музейна", "Бібліотечна", "Шкільна", "Гімназійна", "Лікарняна", "Аптечна", "Поштова", "Паркова", "Стадіонна", "Спортивна", "Будівельна", "Заводська",
    "Фабрична", "Промислова", "Складська", "Залізнична", "Станційна", "Дорожня", "Польська", "Волинська", "Подільська", "Галицька", "Полтавська", "Сіверська",
];
#[rustfmt::skip]
const FORMER: [&str; 20] = [
    "Леніна", "Жовтнева", "Радянська", "Комсомольська", "Кірова", "Дзержинського", "Фрунзе", "Щорса", "Піонерська", "Червоноармійська",
    "Калініна", "Свердлова", "Чапаєва", "Куйбишева", "Пролетарська", "Першотравнева", "Карла Маркса", "Колгоспна", "Ворошилова", "Московська",
];
#[rustfmt::skip]
const OLDEST: [&str; 14] = [
    "Дворянська", "Катерининська", "Миколаївська", "Олександрівська", "Преображенська", "Троїцька", "Покровська", "Михайлівська", "Успенська",
    "Воздвиженська", "Єлизаветинська", "Купецька", "Губернська", "Семінарська",
];
#[rustfmt::skip]
const MEN: [(&str, &str); 20] = [
    ("Олександр", "Олександра"), ("Андрій", "Андрія"), ("Василь", "Василя"), ("Михайло", "Михайла"), ("Петро", "Петра"), ("Остап", "Остапа"),
    ("Тарас", "Тараса"), ("Богдан", "Богдана"), ("Юрій", "Юрія"), ("Степан", "Степана"), ("Микола", "Миколи"), ("Григорій", "Григорія"), ("Данило", "Данила"),
    ("Роман", "Романа"), ("Павло", "Павла"), ("Федір", "Федора"), ("Максим", "Максима"), ("Левко", "Левка"), ("Назар", "Назара"), ("Ярема", "Яреми"),
];
#[rustfmt::skip]
const WOMEN: [(&str, &str); 12] = [
    ("Марія", "Марії"), ("Олена", "Олени"), ("Ганна", "Ганни"), ("Софія", "Софії"), ("Оксана", "Оксани"), ("Катерина", "Катерини"), ("Соломія", "Соломії"),
    ("Ірина", "Ірини"), ("Наталія", "Наталії"), ("Уляна", "Уляни"), ("Дарина", "Дарини"), ("Христина", "Христини"),
];
#[rustfmt::skip]
const SURNAMES: [&str; 72] = [
    "Калинчук", "Вербенко", "Дубовик", "Яворчук", "Липовенко", "Тополюк", "Соснюк", "Гайдученко", "Степанчук", "Коваленчук", "Гончаренко", "Бондарчук",
    "Чумаченко", "Мельничук", "Пасічнюк", "Ткаченко", "Кравчук", "Шаповаленко", "Кушніренко", "Стельмашук", "Колісниченко", "Скляренко", "Лимаренко", "Римаренко",
    "Кобзаренко", "Лірниченко", "Скрипченко", "Сурмаченко", "Довбушук", "Хмаренко", "Вітренко", "Грозенко", "Зоренчук", "Місяченко", "Світличенко",
    "Березенко", "Луговенко", "Полянчук", "Озеренко", "Криниченко", "Джеренчук", "Ставчук", "Рибаченко", "Човненко", "Веслюк", "Плотниченко",
    "Журавлюк", "Лелеченко", "Соколенко", "Голубенко", "Ластівчук", "Синиченко", "Зозуленко", "Орленко", "Яструбенко", "Бджоленко", "Медовенко", "Хлібчук",
    "Пшениченко", "Житник", "Просенко", "Гречанюк", "Макуненко", "Барвінчук", "Волошенко", "Мальвенко", "Любистченко", "Рутенко", "Чебренко", "Полинчук",
    "Вишневчук", "Горішенко",
];
#[rustfmt::skip]
const FIRMS: [&str; 40] = [
    "Ранкова зоря", "Видноколо", "Добробуд", "Міст і шлях", "Твердь", "Обрій", "Калинова гілка", "Новий двір", "Теплий дім", "Ясні вікна", "Степовий вітер",
    "Срібна підкова", "Золотий колос", "Верховина", "Джерело", "Світанок", "Гончарне коло", "Кам’яний брід", "Залізний кінь", "Медова криниця", "Лелека",
    "Явір", "Тиха гавань", "Майстерня", "Основа", "Будівничий", "Шляховик", "Горизонталь", "Перехрестя", "Околиця", "Червона рута", "Смарагд", "Бурштин",
    "Меридіан", "Веселка", "Полум’я", "Сузір’я", "Орбіта", "Маяк", "Парус",
];

/// A company, municipal enterprise or sole trader.
#[derive(Clone, Debug)]
pub struct Party {
    pub name: String,
    /// ЄДРПОУ; none for sole traders, whose tax numbers are never published.
    pub code: Option<String>,
}

/// Some party out of `pool` invented ones: mostly companies, sole traders with the given probability.
pub fn party(seed: u64, pool: u64, traders: f64, dice: &mut Dice) -> Party {
    if dice.chance(traders) {
        return Party { name: format!("ФОП {}", person(dice, false)), code: None };
    }
    company(seed, dice.below(pool.max(1)))
}

/// How many of the companies distribute advertising: the first ones.
pub fn distributors(firms: u64) -> u64 {
    (firms / 6).max(12)
}

/// The invented company of that number.
pub fn company(seed: u64, number: u64) -> Party {
    let mut own = Dice::new(seed, 7, number);
    let form = own.pick(&["ТОВ", "ТОВ", "ТОВ", "ПП", "ПП", "ТДВ"]);
    let word = FIRMS[(number % FIRMS.len() as u64) as usize];
    let series = number / FIRMS.len() as u64;
    let name = if series == 0 { format!("{form} «{word}»") } else { format!("{form} «{word}-{}»", series + 1) };
    // Seven digits that differ for every company of the pool.
    Party { name, code: Some(edrpou(3_100_000 + (number * 7_919 + seed % 1_000) % 2_800_000)) }
}

/// An invented person: surname with initials, or with the given name in full.
pub fn person(dice: &mut Dice, full: bool) -> String {
    let surname = dice.pick(&SURNAMES);
    let given = if dice.chance(0.5) { dice.pick(&MEN).0 } else { dice.pick(&WOMEN).0 };
    if full {
        return format!("{surname} {given}");
    }
    let initial = |name: &str| name.chars().next().unwrap_or('О');
    format!("{surname} {}. {}.", initial(given), initial(dice.pick(&MEN).0))
}

/// Gives out names of streets, never the same twice.
pub struct Namer {
    first: usize,
    adjectives: Vec<&'static str>,
    people: Vec<String>,
    adjective: [usize; 2],
    person: usize,
    former: usize,
    turn: u64,
}

impl Namer {
    /// Names in an order that the seed decides.
    pub fn new(seed: u64) -> Namer {
        let mut dice = Dice::new(seed, 3, 0);
        let mut adjectives = ADJECTIVES.to_vec();
        dice.shuffle(&mut adjectives);
        let mut people = Vec::new();
        for surname in SURNAMES {
            let genitive = if surname.ends_with('о') {
                surname.trim_end_matches('о').to_owned() + "а"
            } else {
                surname.to_owned() + "а"
            };
            people.extend(MEN.iter().map(|given| format!("{} {genitive}", given.1)));
            people.extend(WOMEN.iter().map(|given| format!("{} {surname}", given.1)));
        }
        dice.shuffle(&mut people);
        Namer { first: 0, adjectives, people, adjective: [0, 0], person: 0, former: 0, turn: 0 }
    }

    /// A new name for a street of that kind, Ukrainian and English.
    pub fn next(&mut self, kind: &str) -> (String, String) {
        self.turn += 1;
        let masculine = !matches!(kind, "вулиця" | "площа" | "набережна");
        let proper = match kind {
            "площа" => "Ринкова".to_owned(),
            "набережна" => self.adjective(false),
            "провулок" | "проїзд" => self.adjective(true),
            _ if self.first < FIRST.len() => {
                self.first += 1;
                gendered(FIRST[self.first - 1], masculine, kind)
            }
            _ if self.turn % 5 < 2 && self.adjective[usize::from(masculine)] < self.adjectives.len() => {
                self.adjective(masculine)
            }
            _ => self.person(masculine),
        };
        let numbered = proper.starts_with(|c: char| c.is_ascii_digit());
        let name = match (numbered, proper.split_once(' ')) {
            (true, Some((number, rest))) => format!("{number} {kind} {rest}"),
            _ => format!("{kind} {proper}"),
        };
        let english = format!("{} {}", latin(&proper), english_kind(kind));
        (name, english)
    }

    /// What a renamed street was called before.
    pub fn former(&mut self, kind: &str) -> String {
        self.former += 1;
        let masculine = !matches!(kind, "вулиця" | "площа" | "набережна");
        const ADJECTIVAL: [&str; 3] = ["Жовтнева", "Першотравнева", "Колгоспна"];
        let adjective = |name: &str| name.ends_with("ька") || ADJECTIVAL.contains(&name);
        if let Some(name) = FORMER.get(self.former - 1) {
            let proper = if adjective(name) { gendered(name, masculine, kind) } else { (*name).to_owned() };
            return format!("{kind} {proper}");
        }
        // Each old name is used once; after that, numbered ones, as towns had them.
        let list: Vec<&str> = FORMER.into_iter().filter(|name| adjective(name)).collect();
        let number = 1 + (self.former - FORMER.len()) / list.len();
        let name = gendered(list[self.former % list.len()], masculine, kind);
        format!(
            "{number}-{} {kind} {name}",
            match (masculine, kind) {
                (false, _) => "а",
                (true, "шосе") => "е",
                _ => "й",
            }
        )
    }

    /// The next adjective; when all are used, numbered ones: "2-й провулок Садовий".
    fn adjective(&mut self, masculine: bool) -> String {
        let used = &mut self.adjective[usize::from(masculine)];
        let (word, round) = (self.adjectives[*used % self.adjectives.len()], *used / self.adjectives.len());
        *used += 1;
        let word = gendered(word, masculine, "провулок");
        match (round, masculine) {
            (0, _) => word,
            (n, true) => format!("{}-й {word}", n + 1),
            (n, false) => format!("{}-а {word}", n + 1),
        }
    }

    fn person(&mut self, masculine: bool) -> String {
        self.person += 1;
        match self.people.get(self.person - 1) {
            Some(name) => name.clone(),
            None => self.adjective(masculine),
        }
    }
}

/// What a street was called long ago; several may have shared such a name.
pub fn older(kind: &str, dice: &mut Dice) -> String {
    let masculine = !matches!(kind, "вулиця" | "площа" | "набережна");
    format!("{kind} {}", gendered(dice.pick(&OLDEST), masculine, kind))
}

/// An adjective in the gender of the street's kind; genitives of names stay as they are.
fn gendered(word: &str, masculine: bool, kind: &str) -> String {
    const GENITIVES: [&str; 6] = ["Шевченка", "Івана Франка", "Свободи", "Миру", "Конституції", "Незалежності"];
    if GENITIVES.contains(&word) || word.contains(' ') || !word.ends_with(['а', 'я']) {
        return word.to_owned();
    }
    let stem: String = word.chars().take(word.chars().count() - 1).collect();
    match (masculine, kind) {
        (false, _) => word.to_owned(),
        (true, "шосе") => stem + if word.ends_with('я') { "є" } else { "е" },
        (true, _) => stem + if word.ends_with('я') { "ій" } else { "ий" },
    }
}

fn english_kind(kind: &str) -> &'static str {
    match kind {
        "проспект" => "Avenue",
        "бульвар" => "Boulevard",
        "провулок" => "Lane",
        "площа" => "Square",
        "набережна" => "Embankment",
        "шосе" => "Highway",
        "проїзд" => "Passage",
        _ => "Street",
    }
}

/// Official romanisation (Resolution 55 of 2010) of a Ukrainian name.
pub fn latin(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut start = true;
    let mut previous = ' ';
    for c in name.chars() {
        let lower = c.to_lowercase().next().unwrap_or(c);
        #[rustfmt::skip]
        let text = match lower {
            'г' if previous == 'з' => "gh",
            'є' if start => "ye", 'ї' if start => "yi", 'й' if start => "y", 'ю' if start => "yu", 'я' if start => "ya",
            'а' => "a", 'б' => "b", 'в' => "v", 'г' => "h", 'ґ' => "g", 'д' => "d", 'е' => "e", 'є' => "ie", 'ж' => "zh", 'з' => "z",
            'и' => "y", 'і' | 'ї' | 'й' => "i", 'к' => "k", 'л' => "l", 'м' => "m", 'н' => "n", 'о' => "o", 'п' => "p", 'р' => "r",
            'с' => "s", 'т' => "t", 'у' => "u", 'ф' => "f", 'х' => "kh", 'ц' => "ts", 'ч' => "ch", 'ш' => "sh", 'щ' => "shch",
            'ю' => "iu", 'я' => "ia", 'ь' | '’' => "",
            _ => { out.push(c); start = !c.is_alphanumeric(); previous = lower; continue }
        };
        if c.is_uppercase() {
            let mut letters = text.chars();
            out.extend(letters.next().map(|l| l.to_ascii_uppercase()));
            out.push_str(letters.as_str());
        } else {
            out.push_str(text);
        }
        start = false;
        previous = lower;
    }
    out
}
