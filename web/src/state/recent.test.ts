// What was chosen before comes back, and whatever else lies in its place is no trouble.
import { describe, expect, it } from 'vitest';
import type { Hit } from '../api/types';
import { Recent } from './recent.svelte';

function storage(kept: string | null = null): Storage {
  const items = new Map<string, string>();
  if (kept !== null) items.set('misto.recent', kept);
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  } as Storage;
}

function hit(id: number): Hit {
  const why = { reasons: ['typo' as const], text: 'схоже' };
  const place = { point: [31, 49] as [number, number], bbox: [31, 49, 31, 49] as [number, number, number, number] };
  return {
    layer: 'streets',
    id,
    title: `вулиця ${id}`,
    subtitle: '',
    marks: [[0, 2]],
    why,
    ...place,
    standing: 'valid',
    score: 0.5,
    metres: 7,
  };
}

describe('recent', () => {
  it('comes back, the last first, each once, and not what was true only then', () => {
    const kept = storage();
    const before = new Recent(() => kept);
    for (const id of [1, 2, 1]) before.add(hit(id));
    const after = new Recent(() => kept);
    expect(after.hits.map(({ id }) => id)).toEqual([1, 2]);
    expect(after.hits[0]).toMatchObject({
      title: 'вулиця 1',
      marks: [],
      metres: null,
      standing: null,
      why: { text: '' },
    });
  });

  it('is a short list', () => {
    const one = new Recent(() => storage());
    for (let id = 1; id < 20; id++) one.add(hit(id));
    expect(one.hits.map(({ id }) => id)).toEqual([19, 18, 17, 16, 15, 14]);
  });

  it('is forgotten on request', () => {
    const kept = storage();
    const one = new Recent(() => kept);
    one.add(hit(1));
    one.clear();
    expect(one.hits).toEqual([]);
    expect(new Recent(() => kept).hits).toEqual([]);
  });

  it.each([
    '',
    '{',
    'null',
    '{"a":1}',
    '[null, 1, {}, {"layer":"x","id":"1","title":"t","subtitle":"","point":null,"bbox":null}]',
  ])('reads nothing from %s', (text) => {
    expect(new Recent(() => storage(text)).hits).toEqual([]);
  });

  it('needs no storage', () => {
    const refused = new Recent(() => {
      throw new Error('SecurityError');
    });
    refused.add(hit(1));
    expect(refused.hits).toHaveLength(1);
    const full = new Recent(
      () =>
        ({
          ...storage(),
          setItem: () => {
            throw new Error('QuotaExceededError');
          },
        }) as Storage,
    );
    full.add(hit(1));
    expect(full.hits).toHaveLength(1);
  });
});
