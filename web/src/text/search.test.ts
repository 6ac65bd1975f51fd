// What the box offers, in which order, and what Enter takes.
import { describe, expect, it } from 'vitest';
import type { Found, Hit } from '../api/types';
import { collection } from '../testing';
import { best, counted, distance, parts, reason, sections } from './search';

function hit(layer: string | null, id: number | null, more: Partial<Hit> = {}): Hit {
  const why = { reasons: ['name' as const], text: '' };
  const rest = { subtitle: '', marks: [], point: null, bbox: null, standing: null, score: 1, metres: null };
  return { layer, id, title: `${layer} ${id}`, why, ...rest, ...more };
}

function answer(more: Partial<Found>): Found {
  return { q: 'собор', groups: [], around: null, suggestions: [], ...more };
}

const addresses = { layer: 'addresses', title: 'Адреси', hits: [hit('addresses', 1), hit('addresses', 2)], more: true };
const streets = { layer: 'streets', title: 'Вулиці', hits: [hit('streets', 7)], more: false };
const meant = { kind: 'did_you_mean' as const, q: 'Соборна', text: 'Соборна?' };
const example = { kind: 'example' as const, q: 'Соборна 12', text: 'Адреса: Соборна 12' };
const register = collection('churches', { title: { uk: 'Собори та церкви', en: 'Churches' } });
const groups = [{ id: 'g', title: { uk: 'Спадщина', en: 'Heritage' } }];
const nothing = { text: 'собор', only: null, found: null, recent: [], registers: [register], groups };

const keys = (known: typeof nothing | Parameters<typeof sections>[0]): string[] =>
  sections(known).map(({ key }) => key);

describe('sections', () => {
  it('keep the order of the server, and end in a way to more', () => {
    const all = sections({ ...nothing, text: '12', found: answer({ groups: [addresses, streets] }) });
    expect(all.map(({ key }) => key)).toEqual(['addresses', 'streets']);
    expect(all[0]?.options.map(({ kind }) => kind)).toEqual(['hit', 'hit', 'more']);
    expect(all[1]?.options.map(({ kind }) => kind)).toEqual(['hit']);
  });

  it('have registers first where their name is being typed, else after what was found best', () => {
    const found = answer({ groups: [addresses, streets] });
    expect(keys({ ...nothing, found })).toEqual(['registers', 'addresses', 'streets']);
    expect(keys({ ...nothing, text: 'церкви', found })).toEqual(['addresses', 'registers', 'streets']);
    expect(keys({ ...nothing, text: 'спадщина' })).toEqual(['registers']);
  });

  it('have suggestions before everything where there is nothing else, and at the end where there is', () => {
    const none = { ...nothing, text: 'щщ', found: answer({ suggestions: [example, meant] }) };
    expect(keys(none)).toEqual(['meant', 'examples']);
    expect(best(sections(none))).toBeNull();
    const some = { ...nothing, text: 'щщ', found: answer({ groups: [streets], suggestions: [meant] }) };
    expect(keys(some)).toEqual(['streets', 'meant']);
  });

  it('of an empty box are what was chosen before, and examples', () => {
    const found = answer({ q: '', suggestions: [example] });
    expect(keys({ ...nothing, text: ' ', found, recent: [hit('streets', 7)] })).toEqual(['recent', 'examples']);
  });

  it('say nothing of an empty box where there are letters, nor the other way round', () => {
    expect(keys({ ...nothing, text: '', found: answer({ groups: [streets] }) })).toEqual([]);
    expect(keys({ ...nothing, text: 'щщ', found: answer({ q: '', suggestions: [example] }) })).toEqual([]);
  });

  it('of one register lead back to all', () => {
    const all = sections({ ...nothing, only: 'addresses', found: answer({ groups: [addresses] }) });
    expect(all.map(({ key }) => key)).toEqual(['addresses']);
    expect(all[0]?.options.map(({ kind }) => kind)).toEqual(['all', 'hit', 'hit']);
  });

  it('tell lines apart, even where a record was found twice', () => {
    const twice = { ...streets, hits: [hit('streets', 7), hit('streets', 7)] };
    const bare = {
      layer: null,
      title: 'Координати',
      more: false,
      hits: [
        [31, 49],
        [49, 31],
      ].map((point) => hit(null, null, { point: point as [number, number] })),
    };
    const all = sections({ ...nothing, found: answer({ groups: [twice, bare] }) });
    const found = all.flatMap(({ options }) => options).map(({ key }) => key);
    expect(new Set(found).size).toBe(found.length);
    expect(counted(all)).toBe(4);
  });
});

describe('best', () => {
  it('is the first record or register, never what was chosen before', () => {
    const all = sections({ ...nothing, text: '12', found: answer({ groups: [addresses] }), recent: [hit('x', 1)] });
    expect(best(all)).toMatchObject({ kind: 'hit', hit: { layer: 'addresses', id: 1 } });
    expect(best(sections({ ...nothing, text: '', recent: [hit('x', 1)] }))).toBeNull();
  });
});

describe('parts', () => {
  it('mark what was typed', () => {
    expect(
      parts('вулиця Соборна, 12', [
        [16, 18],
        [7, 12],
      ]),
    ).toEqual([
      { text: 'вулиця ', hit: false },
      { text: 'Собор', hit: true },
      { text: 'на, ', hit: false },
      { text: '12', hit: true },
    ]);
  });

  it.each([[[[5, 5]]], [[[4, 2]]], [[[0, 99]]], [[[-3, 2]]], [[[]]]])(
    'leave out marks that make no sense: %j',
    (marks) => {
      expect(parts('Соборна', marks)).toEqual([{ text: 'Соборна', hit: false }]);
    },
  );

  it('count as strings do', () => {
    expect(parts('🌳 Дуб', [[3, 6]])).toEqual([
      { text: '🌳 ', hit: false },
      { text: 'Дуб', hit: true },
    ]);
  });
});

describe('reason', () => {
  const why = { reasons: ['former_name' as const], text: 'раніше вулиця Леніна' };
  it('is said once', () => {
    expect(reason(hit('streets', 1, { why, title: 'вулиця Соборна' }))).toBe('раніше вулиця Леніна');
    expect(reason(hit('streets', 1, { why, subtitle: 'Раніше вулиця Леніна · 24321' }))).toBe('');
  });
});

describe('distance', () => {
  it.each([
    [0.4, '0 м'],
    [12.4, '12 м'],
    [347, '350 м'],
    [996, '1 км'],
    [1249, '1,2 км'],
    [23_456, '23 км'],
  ])('%s is %s', (metres, text) => {
    expect(distance(metres, 'uk').replaceAll('\u00a0', ' ')).toBe(text);
  });
});
