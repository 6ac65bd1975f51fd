// A link must bring back the view it was copied from, and a damaged link must never break the page.
import { describe, expect, it } from 'vitest';
import { codecs, readView, writeView, type View } from './url';

const empty: View = {
  map: null,
  theme: null,
  lang: null,
  layers: null,
  object: null,
  year: null,
  tiles: null,
  at: null,
  q: null,
};

describe('view', () => {
  it('comes back from the link it wrote', () => {
    const view: View = {
      map: { zoom: 14.5, lat: 48.5079, lon: 32.2623 },
      theme: 'budget',
      lang: 'en',
      layers: { on: ['zoning'], off: ['kiosks'] },
      object: { layer: 'capital_works', id: 42 },
      year: 2026,
      tiles: 'mlt',
      at: '2025-06-01',
      q: 'вул. Соборна, 12/А & “кава”',
    };
    expect(readView(writeView(view))).toEqual({ ...view, map: { zoom: 14.5, lat: 48.5079, lon: 32.2623 } });
  });

  it('is a readable link', () => {
    const map = { zoom: 14.5, lat: 48.5, lon: 32.25 };
    expect(writeView({ ...empty, map, object: { layer: 'kiosks', id: 7 } })).toBe(
      '?map=14.5/48.50000/32.25000&object=kiosks/7',
    );
    expect(writeView(empty)).toBe('');
  });

  it('ignores what it does not understand', () => {
    expect(
      readView('?map=here&theme=space&lang=xx&layers=../x&object=kiosks/1/2&year=12&tiles=png&at=2025-06-31&q=%20'),
    ).toEqual(empty);
  });
});

describe('map', () => {
  it.each(['14/48.5', '14/48.5/32/1', '99/48/32', '14/91/32', '14//', 'a/b/c'])('refuses %s', (text) => {
    expect(codecs.map.read(text)).toBeNull();
  });

  it('keeps as many digits as the zoom can show', () => {
    expect(codecs.map.write({ zoom: 6, lat: 48.123456, lon: 32.1 })).toBe('6/48.123/32.100');
  });
});

describe('at', () => {
  it.each(['2025-6-1', '2025-02-30', '2025-13-01', '0001-01-01', '2025-06-01T00:00:00Z', 'yesterday'])(
    'refuses %s',
    (text) => {
      expect(codecs.at.read(text)).toBeNull();
    },
  );

  it('is a day', () => {
    expect(codecs.at.read('2024-02-29')).toBe('2024-02-29');
    expect(writeView({ ...empty, at: '2024-02-29' })).toBe('?at=2024-02-29');
  });
});

describe('layers', () => {
  it('tells switched on from switched off', () => {
    expect(codecs.layers.read('zoning,-kiosks')).toEqual({ on: ['zoning'], off: ['kiosks'] });
    expect(codecs.layers.write({ on: ['b', 'a'], off: ['c'] })).toBe('a,b,-c');
  });
});

describe('object', () => {
  it.each(['kiosks', 'kiosks/x', '../1', 'kiosks/-1'])('refuses %s', (text) => {
    expect(codecs.object.read(text)).toBeNull();
  });
});

describe('q', () => {
  it('is what was typed, without the blanks around it', () => {
    expect(readView('?q=%20%D0%A1%D0%BE%D0%B1%D0%BE%D1%80%D0%BD%D0%B0+12%20').q).toBe('Соборна 12');
    expect(writeView({ ...empty, q: 'a&b=c' })).toBe('?q=a%26b%3Dc');
  });

  it.each(['', '   ', 'a'.repeat(201)])('is nothing where the server would refuse “%s”', (text) => {
    expect(codecs.q.read(text)).toBeNull();
  });
});
