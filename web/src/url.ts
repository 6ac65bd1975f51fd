// The query string is the state of the page: one codec per parameter, so any view is a link.
export interface Codec<T> {
  read(text: string): T | null;
  write(value: T): string;
}

export interface Camera {
  zoom: number;
  lat: number;
  lon: number;
}

export const themes = ['registers', 'budget', 'appeals'] as const;
export type Theme = (typeof themes)[number];

export const languages = ['uk', 'en'] as const;
export type Language = (typeof languages)[number];

/** Encodings of tiles that a link may ask for, beside the one that every client reads. */
export const encodings = ['mlt'] as const;
export type Tiles = (typeof encodings)[number];

export interface Target {
  layer: string;
  id: number;
}

/** What the visitor switched on and off, against what the theme shows by itself. */
export interface Switches {
  on: string[];
  off: string[];
}

/** The server reads no longer question. */
export const longestQuestion = 200;

const layerId = /^[a-z][a-z0-9_]*$/;

function oneOf<T extends string>(allowed: readonly T[]): Codec<T> {
  return { read: (text) => allowed.find((one) => one === text) ?? null, write: (value) => value };
}

/** Digits that a zoom can show: a place keeps its link whatever the screen. */
function degrees(value: number, zoom: number): string {
  return value.toFixed(zoom < 8 ? 3 : zoom < 14 ? 4 : 5);
}

export const codecs = {
  map: {
    read(text) {
      const parts = /^(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)$/.exec(text);
      if (!parts) return null;
      const [zoom, lat, lon] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
      const sane = zoom >= 0 && zoom <= 24 && Math.abs(lat) <= 85.1 && Math.abs(lon) <= 180;
      return sane ? { zoom, lat, lon } : null;
    },
    write: ({ zoom, lat, lon }) => `${+zoom.toFixed(2)}/${degrees(lat, zoom)}/${degrees(lon, zoom)}`,
  } satisfies Codec<Camera>,

  theme: oneOf(themes),

  lang: oneOf(languages),

  layers: {
    read(text) {
      const names = text.split(',').filter((name) => layerId.test(name.replace(/^-/, '')));
      if (names.length === 0) return null;
      return {
        on: names.filter((name) => !name.startsWith('-')),
        off: names.filter((name) => name.startsWith('-')).map((name) => name.slice(1)),
      };
    },
    write: ({ on, off }) => [...on.toSorted(), ...off.toSorted().map((name) => `-${name}`)].join(','),
  } satisfies Codec<Switches>,

  object: {
    read(text) {
      const [layer = '', id = '', ...rest] = text.split('/');
      return rest.length === 0 && layerId.test(layer) && /^\d{1,15}$/.test(id) ? { layer, id: Number(id) } : null;
    },
    write: ({ layer, id }) => `${layer}/${id}`,
  } satisfies Codec<Target>,

  year: {
    read: (text) => (/^(19|20|21)\d\d$/.test(text) ? Number(text) : null),
    write: (value) => String(value),
  } satisfies Codec<number>,

  tiles: oneOf(encodings),

  at: {
    read(text) {
      if (!/^(19|20|21)\d\d-\d\d-\d\d$/.test(text)) return null;
      const day = new Date(`${text}T00:00:00Z`);
      // 31 June is no day.
      return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text) ? text : null;
    },
    write: (value) => value,
  } satisfies Codec<string>,

  q: {
    read(text) {
      const asked = text.trim();
      return asked !== '' && asked.length <= longestQuestion ? asked : null;
    },
    write: (value) => value,
  } satisfies Codec<string>,
};

export interface View {
  map: Camera | null;
  theme: Theme | null;
  lang: Language | null;
  layers: Switches | null;
  object: Target | null;
  year: number | null;
  tiles: Tiles | null;
  /** The day as of whose end the city is shown, for example 2025-06-01. */
  at: string | null;
  /** What is looked for. */
  q: string | null;
}

export function readView(search: string): View {
  const query = new URLSearchParams(search);
  function read<T>(name: string, codec: Codec<T>): T | null {
    const text = query.get(name);
    return text === null ? null : codec.read(text);
  }
  return {
    map: read('map', codecs.map),
    theme: read('theme', codecs.theme),
    lang: read('lang', codecs.lang),
    layers: read('layers', codecs.layers),
    object: read('object', codecs.object),
    year: read('year', codecs.year),
    tiles: read('tiles', codecs.tiles),
    at: read('at', codecs.at),
    q: read('q', codecs.q),
  };
}

export function writeView(view: View): string {
  const parts: string[] = [];
  function write<T>(name: string, codec: Codec<T>, value: T | null): void {
    const text = value === null ? '' : codec.write(value);
    // Slashes and commas may stand in a query as they are; a link should be readable.
    if (text !== '') parts.push(`${name}=${encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%2C', ',')}`);
  }
  write('q', codecs.q, view.q);
  write('map', codecs.map, view.map);
  write('theme', codecs.theme, view.theme);
  write('layers', codecs.layers, view.layers);
  write('object', codecs.object, view.object);
  write('year', codecs.year, view.year);
  write('at', codecs.at, view.at);
  write('lang', codecs.lang, view.lang);
  write('tiles', codecs.tiles, view.tiles);
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
