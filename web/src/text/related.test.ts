// What a card says of its neighbours: put together by link, and a restriction in words.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Related } from '../api/types';
import { collection } from '../testing';
import { overwriteGetLocale } from './messages/runtime';
import { bundles, relatedNote } from './related';

const title = (uk: string): { uk: string; en: string } => ({ uk, en: uk });

function related(layer: string, id: number, more: Partial<Related> = {}): Related {
  return { link: layer, title: title(layer), layer, id, name: `${layer} ${id}`, reverse: false, ...more };
}

beforeEach(() => overwriteGetLocale(() => 'uk'));

describe('bundles', () => {
  it('put what one link leads to together, in the order of the server', () => {
    const found = bundles([related('parcels', 1), related('kiosks', 5), related('parcels', 2)], [], 'uk');
    expect(found.map(({ title, records }) => [title, ...records.map(({ id }) => id)])).toEqual([
      ['parcels', 1, 2],
      ['kiosks', 5],
    ]);
  });

  it('keep apart two links to one register, and the way there from the way back', () => {
    const found = bundles(
      [related('streets', 1), related('streets', 1, { link: 'crossing' }), related('streets', 2, { reverse: true })],
      [{ link: 'crossing', layer: 'streets', reverse: false, more: 12 }],
      'uk',
    );
    expect(found.map(({ more }) => more)).toEqual([0, 12, 0]);
    expect(new Set(found.map(({ key }) => key)).size).toBe(3);
  });

  it('name a neighbour once where two registers lead to each other', () => {
    const found = bundles([related('tenants', 1), related('tenants', 1, { link: 'parcel', reverse: true })], [], 'uk');
    expect(found.map(({ key }) => key)).toEqual(['>tenants/tenants']);
  });

  it('say what is wrong', () => {
    const says = { uk: 'Стоїть у червоних лініях', en: 'Stands within red lines' };
    const warning = { severity: 'error' as const, says };
    const [found] = bundles([related('red_line_areas', 1, { warning })], [], 'en');
    expect(found?.warning).toEqual({ severity: 'error', text: 'Stands within red lines' });
  });
});

describe('note', () => {
  const kiosks = collection('kiosks', {
    status: { field: 'status', until: null, means: { анульований: 'annulled' } },
  });

  it('says how it stands and how far it is', () => {
    expect(relatedNote(related('kiosks', 1, { standing: 'annulled', metres: 12.4 }), kiosks, 'uk')).toBe(
      'анульований, 12 м',
    );
    expect(relatedNote(related('kiosks', 1, { metres: 0 }), kiosks, 'uk')).toBe('0 м');
    expect(relatedNote(related('kiosks', 1), undefined, 'uk')).toBe('');
  });
});
