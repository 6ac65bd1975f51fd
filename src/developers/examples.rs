//! The examples: what each shows, in both languages, and what to copy.

use super::{Sample, ZOOM};
use crate::catalogue::layer::Bilingual;
use crate::http::limit::{BURST, STEADY};

/// A thing that can be done, and how.
pub struct Example {
    /// The anchor of its heading.
    pub id: &'static str,
    pub title: Bilingual,
    pub says: Bilingual,
    /// What to copy: the program that it is for, and the text.
    pub code: Vec<(&'static str, String)>,
}

fn example(
    id: &'static str,
    title: (&str, &str),
    says: (&str, &str),
    code: impl IntoIterator<Item = (&'static str, String)>,
) -> Example {
    Example {
        id,
        title: Bilingual::new(title.0, title.1),
        says: Bilingual::new(says.0, says.1),
        code: code.into_iter().collect(),
    }
}

/// Lines for a shell.
fn curl(lines: &[String]) -> (&'static str, String) {
    ("curl", lines.iter().map(|url| format!("curl \"{url}\"")).collect::<Vec<_>>().join("\n"))
}

impl Sample {
    /// All examples, in the order of the page.
    pub fn examples(&self) -> Vec<Example> {
        let mut all = vec![self.start(), self.search(), self.here(), self.map(), self.tiles()];
        all.extend([self.qgis(), self.gdal(), self.python(), self.r(), self.files(), self.past(), self.changes()]);
        all.extend([self.limits(), self.errors(), self.promise()]);
        all
    }

    /// A box of about a kilometre around the place.
    fn bbox(&self) -> String {
        let (east, north) = (0.01, 0.006);
        let [west, south] = [self.longitude - east, self.latitude - north];
        format!("{west:.4},{south:.4},{:.4},{:.4}", self.longitude + east, self.latitude + north)
    }

    /// Column and row of the tile that the place lies in.
    fn tile(&self) -> (u32, u32) {
        let tiles = f64::from(1_u32 << ZOOM);
        let latitude = self.latitude.clamp(-85.0, 85.0).to_radians();
        let x = (self.longitude + 180.0) / 360.0 * tiles;
        let y = (1.0 - latitude.tan().asinh() / std::f64::consts::PI) / 2.0 * tiles;
        (x.clamp(0.0, tiles - 1.0) as u32, y.clamp(0.0, tiles - 1.0) as u32)
    }

    fn start(&self) -> Example {
        let Self { base, layer, .. } = self;
        example(
            "start",
            ("Перші запити", "First requests"),
            (
                "Кожен реєстр — це набір об’єктів за стандартом OGC API – Features. Ключ не потрібен. Тексти приходять українською або, з lang=en чи \
                 Accept-Language, англійською. Сторінки гортаються за посиланнями next і prev. filter — вираз CQL2, crs — система координат.",
                "Every register is a collection of features after OGC API – Features. No key is needed. Texts come in Ukrainian or, with lang=en or \
                 Accept-Language, in English. Pages are turned by the links next and prev. filter is a CQL2 expression, crs a reference system.",
            ),
            [curl(&[
                format!("{base}/api/collections?f=json"),
                format!("{base}/api/collections/{layer}?f=json&lang=en"),
                format!("{base}/api/collections/{layer}/items?f=json&limit=5"),
                format!("{base}/api/collections/{layer}/items?f=json&bbox={}", self.bbox()),
                format!("{base}/api/collections/{layer}/items?f=json&filter=S_INTERSECTS(geom,BBOX({}))", self.bbox()),
                format!(
                    "{base}/api/collections/{layer}/items?f=json&limit=5&crs=http://www.opengis.net/def/crs/EPSG/0/3857"
                ),
            ])],
        )
    }

    fn search(&self) -> Example {
        let Self { base, layer, longitude, latitude, .. } = self;
        example(
            "search",
            ("Пошук", "Search"),
            (
                "Усе місто одним запитом: адреси в будь-якому порядку й написанні, колишні назви вулиць, частини номерів, організації, координати; помилки й \
                 латинка не заважають. why каже, чому знайдено. near ставить ближче вище, layers обирає реєстри. Таблиця адрес (CSV) повертається з координатами.",
                "The whole city by one question: addresses in any order and spelling, former names of streets, parts of numbers, organisations, coordinates; slips \
                 and Latin letters do no harm. why says why something was found. near puts what is nearer first, layers chooses registers. A table of addresses \
                 (CSV) comes back with coordinates.",
            ),
            [
                curl(&[
                    format!("{base}/api/search?q=soborna%2012"),
                    format!("{base}/api/search?q=soborna&layers={layer}&near={longitude},{latitude}&lang=en"),
                    format!("{base}/api/search/reverse?lon={longitude}&lat={latitude}&limit=3"),
                ]),
                (
                    "sh",
                    format!(
                        "printf 'address\\nвул. Соборна, 12\\n' | curl --data-binary @- \"{base}/api/search/batch\""
                    ),
                ),
            ],
        )
    }

    fn here(&self) -> Example {
        let Self { base, longitude, latitude, .. } = self;
        example(
            "here",
            ("Що діє в цьому місці", "What holds at a place"),
            (
                "Одна відповідь з усіх реєстрів: адреса, ділянка, зонування, обмеження, обговорення, дозволи й роботи поруч, школа, найближче укриття. \
                 Місце — це точка, адреса (address=) або кадастровий номер (parcel=).",
                "One answer from all registers: address, parcel, zoning, restrictions, hearings, permits and works nearby, the school, the nearest shelter. \
                 The place is a point, an address (address=) or a cadastral number (parcel=).",
            ),
            [curl(&[
                format!("{base}/api/here?lon={longitude}&lat={latitude}"),
                format!("{base}/api/here?lon={longitude}&lat={latitude}&radius=300&lang=en"),
            ])],
        )
    }

    fn map(&self) -> Example {
        let Self { base, longitude, latitude, layer, .. } = self;
        let page = format!(
            r#"<!doctype html>
<meta charset="utf-8">
<title>Map</title>
<link rel="stylesheet" href="https://unpkg.com/maplibre-gl@^6.17.0/dist/maplibre-gl.css">
<style>body {{ margin: 0 }} #map {{ height: 100vh }}</style>
<div id="map"></div>
<script type="module">
  import {{ Map, NavigationControl, Popup }} from 'https://unpkg.com/maplibre-gl@^6.17.0/dist/maplibre-gl.mjs';

  const map = new Map({{
    container: 'map',
    style: '{base}/styles/light.json',
    center: [{longitude}, {latitude}],
    zoom: 14,
  }});
  map.addControl(new NavigationControl());
  map.on('load', () => {{
    map.addSource('mine', {{ type: 'vector', url: '{base}/tiles/{layer}' }});
    map.addLayer({{
      id: 'mine', type: 'circle', source: 'mine', 'source-layer': '{layer}',
      paint: {{ 'circle-color': '#b4540a', 'circle-radius': 6 }},
    }});
  }});
  map.on('click', 'mine', ({{ features, lngLat }}) =>
    new Popup().setLngLat(lngLat).setText(JSON.stringify(features[0].properties)).addTo(map));
</script>"#
        );
        example(
            "map",
            ("Мапа на вашій сторінці", "A map on your page"),
            (
                "Збережіть як map.html і відкрийте в браузері. Будь-який сайт може читати дані порталу (CORS). Джерела даних підписано в стилі: \
                 не прибирайте підпису.",
                "Save it as map.html and open it in a browser. Pages of any site may read the portal (CORS). The style names the sources of the data: \
                 leave them where they are.",
            ),
            [("html", page)],
        )
    }

    fn tiles(&self) -> Example {
        let ((x, y), Self { base, layer, .. }) = (self.tile(), self);
        example(
            "tiles",
            ("Векторні плитки", "Vector tiles"),
            (
                "Плитки MVT у WebMercatorQuad; .mlt після рядка — MapLibre Tiles. Шари об’єднують комами. TileJSON каже, які є поля та масштаби.",
                "MVT tiles in WebMercatorQuad; .mlt after the row asks for MapLibre Tiles. Layers are joined by commas. TileJSON names fields and zooms.",
            ),
            [
                curl(&[
                    format!("{base}/tiles/{layer}"),
                    format!("{base}/tiles/{layer}/{ZOOM}/{x}/{y}"),
                    format!("{base}/styles/light.json"),
                ]),
                ("URL", format!("{base}/tiles/{layer}/{{z}}/{{x}}/{{y}}")),
            ],
        )
    }

    fn qgis(&self) -> Example {
        let Self { base, layer, .. } = self;
        example(
            "qgis",
            ("QGIS", "QGIS"),
            (
                "Об’єкти: Шар ▸ Додати шар ▸ WFS / OGC API – Features ▸ Нове з’єднання, перша адреса. Плитки: Шар ▸ Додати шар ▸ Векторні плитки ▸ \
                 Нове з’єднання, друга адреса і третя як адреса стилю. Дату в умові QGIS теж може надіслати як datetime, тобто історію: пишіть \
                 to_string(поле) < '2026-01-01'.",
                "Features: Layer ▸ Add Layer ▸ WFS / OGC API – Features ▸ New, the first address. Tiles: Layer ▸ Add Layer ▸ Vector Tile ▸ \
                 New Generic Connection, the second address, and the third as the style’s. QGIS, too, may send a date in a filter as datetime, which is history: \
                 write to_string(field) < '2026-01-01'.",
            ),
            [("QGIS", format!("{base}/api\n{base}/tiles/{layer}/{{z}}/{{x}}/{{y}}\n{base}/styles/light.json"))],
        )
    }

    fn gdal(&self) -> Example {
        let Self { base, layer, .. } = self;
        let bbox = self.bbox().replace(',', " ");
        let by_day = self.day.as_ref().map(|day| {
            format!(
                "\nogr2ogr {layer}-old.gpkg \"OAPIF:{base}/api\" {layer} -where \"cast({day} as character(10)) < '2030/01/01'\"\n\
                 ogr2ogr {layer}-older.gpkg \"{base}/api/collections/{layer}/items?f=json&limit=1000000&filter={day}%3CDATE(%272030-01-01%27)\""
            )
        });
        example(
            "gdal",
            ("GDAL", "GDAL"),
            (
                "Драйвер OAPIF читає весь API; файл набору читається і без нього. Умову на поле-дату драйвер надсилає як datetime, а це тут історія, тож сервер її \
                 відхиляє. Або порівнюйте дату як текст, і тоді відбирає GDAL, або дайте відібрати серверу параметром filter (CQL2).",
                "The driver OAPIF reads the whole API; a register’s file is read without it too. The driver sends a condition on a date field as datetime, which is \
                 history here, and so the server refuses it. Either compare the date as text, and GDAL chooses, or have the server choose by the parameter \
                 filter (CQL2).",
            ),
            [(
                "sh",
                format!(
                    "ogrinfo -ro \"OAPIF:{base}/api\"\n\
                     ogr2ogr {layer}.gpkg \"OAPIF:{base}/api\" {layer} -spat {bbox}\n\
                     ogr2ogr {layer}-whole.gpkg \"{base}/api/collections/{layer}/export.geojson\"{}",
                    by_day.unwrap_or_default()
                ),
            )],
        )
    }

    fn python(&self) -> Example {
        let Self { base, layer, longitude, latitude, .. } = self;
        example(
            "python",
            ("Python", "Python"),
            (
                "requests для відповідей, GeoPandas для таблиць, OWSLib для стандарту.",
                "requests for answers, GeoPandas for tables, OWSLib for the standard.",
            ),
            [(
                "python",
                format!(
                    "import requests\n\
                     here = requests.get('{base}/api/here', params={{'lon': {longitude}, 'lat': {latitude}}}).json()\n\
                     for group in here['groups']:\n    \
                         for layer in group['layers']:\n        \
                             print(layer['title'], [feature['name'] for feature in layer['features']])\n\n\
                     import geopandas\n\
                     frame = geopandas.read_file('{base}/api/collections/{layer}/export.geojson')\n\n\
                     from owslib.ogcapi.features import Features\n\
                     features = Features('{base}/api')\n\
                     print(features.collection_items('{layer}', limit=10)['features'])"
                ),
            )],
        )
    }

    fn r(&self) -> Example {
        let Self { base, layer, .. } = self;
        example(
            "r",
            ("R", "R"),
            (
                "Пакет sf читає файл набору одразу з адреси.",
                "The package sf reads a register’s file straight from its address.",
            ),
            [(
                "r",
                format!(
                    "library(sf)\nframe <- st_read('{base}/api/collections/{layer}/export.geojson')\nplot(st_geometry(frame))"
                ),
            )],
        )
    }

    fn files(&self) -> Example {
        let Self { base, layer, .. } = self;
        example(
            "files",
            ("Набори файлами", "Registers as files"),
            (
                "geojson, csv, xlsx, gpkg, shp.zip, gdb.zip, fgb, kml, dxf; crs= — будь-яка система координат EPSG, bbox= і поля звужують. \
                 legal.zip — пакет за Постановою 835. Усе місто плитками: misto tiles city.pmtiles.",
                "geojson, csv, xlsx, gpkg, shp.zip, gdb.zip, fgb, kml, dxf; crs= is any reference system of EPSG, bbox= and fields narrow it. \
                 legal.zip is the package of Resolution 835. The whole city as tiles: misto tiles city.pmtiles.",
            ),
            [curl(&[
                format!("{base}/api/collections/{layer}/export.csv"),
                format!("{base}/api/collections/{layer}/export.geojson?bbox={}", self.bbox()),
            ])],
        )
    }

    fn past(&self) -> Example {
        let Self { base, layer, longitude, latitude, .. } = self;
        let yesterday = "2026-01-01";
        example(
            "past",
            ("Минуле", "The past"),
            (
                "datetime= показує реєстр, плитку чи місце такими, якими вони були тоді; день — це його кінець за Києвом.",
                "datetime= shows a register, a tile or a place as they were then; a day means its end in Kyiv.",
            ),
            [curl(&[
                format!("{base}/api/collections/{layer}/items?f=json&limit=5&datetime={yesterday}"),
                format!("{base}/api/here?lon={longitude}&lat={latitude}&datetime={yesterday}"),
            ])],
        )
    }

    fn changes(&self) -> Example {
        let Self { base, layer, .. } = self;
        example(
            "changes",
            ("Зміни, щойно вони стаються", "Changes as they happen"),
            (
                "Потік подій (server-sent events). Після розриву браузер сам каже, на чому зупинився, і спершу чує пропущене.",
                "A stream of server-sent events. After a break a browser says by itself where it was, and hears first what it missed.",
            ),
            [
                curl(&[format!("{base}/api/changes?layers={layer}")]),
                (
                    "javascript",
                    format!(
                        "const changes = new EventSource('{base}/api/changes?layers={layer}');\n\
                         changes.addEventListener('change', ({{ data }}) => console.log(JSON.parse(data)));\n\
                         changes.addEventListener('reset', () => console.log('load everything anew'));"
                    ),
                ),
            ],
        )
    }

    fn limits(&self) -> Example {
        let base = &self.base;
        let uk = format!(
            "Без ключа одна адреса (в IPv6 — мережа /64) може питати {STEADY} разів на секунду й {BURST} разів поспіль. Поля RateLimit і \
             RateLimit-Policy кажуть, скільки лишилося; 429 — коли прийти знову. Кому мало, той просить у міста ключ із власними квотами. Ключ подають у \
             заголовку, ніколи в адресі."
        );
        let en = format!(
            "Without a key an address (in IPv6 a /64 network) may ask {STEADY} times a second, {BURST} times at once. The fields RateLimit and \
             RateLimit-Policy tell what is left; 429 says when to come again. Whoever needs more asks the city for a key with quotas of its own. \
             A key goes into a header, never into the address."
        );
        example(
            "limits",
            ("Межі та ключі", "Limits and keys"),
            (&uk, &en),
            [
                curl(&[format!("{base}/api/openapi.json")]),
                (
                    "sh",
                    format!(
                        "curl -H \"X-API-Key: $MISTO_KEY\" {base}/api/openapi.json\ncurl -H \"Authorization: Bearer $MISTO_KEY\" {base}/api/openapi.json"
                    ),
                ),
            ],
        )
    }

    fn errors(&self) -> Example {
        let Self { base, layer, .. } = self;
        example(
            "errors",
            ("Помилки", "Errors"),
            (
                "Кожна помилка — це application/problem+json (RFC 9457): detail каже, що не так і що дозволено, field називає параметр.",
                "Every error is application/problem+json (RFC 9457): detail says what is wrong and what is allowed, field names the parameter.",
            ),
            [("URL", format!("{base}/api/collections/{layer}/items?limit=ten"))],
        )
    }

    fn promise(&self) -> Example {
        example(
            "promise",
            ("На що можна покластися", "What you can rely on"),
            (
                "API має одну версію і лише доповнюється: нові поля, параметри й адреси можуть з’явитися будь-коли, тож зайвого не лякайтеся. Що зникне, за \
                 рік до того позначено заголовками Deprecation і Sunset та в описі API. Ідентифікатори об’єктів і ключі реєстрів сталі.",
                "The API has one version and only grows: new fields, parameters and addresses may appear at any time, so ignore what you do not know. What will \
                 go away is marked a year before by the headers Deprecation and Sunset and in the API’s description. Ids of features and keys of registers stay.",
            ),
            [],
        )
    }
}
