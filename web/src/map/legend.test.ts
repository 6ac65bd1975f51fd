// Legends read from the style itself, so a change of the style is a change of the legend.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Style } from '../api/style';
import { collection, field } from '../testing';
import { legend, possibleStandings, signOf } from './legend';

const style = JSON.parse(readFileSync('../styles/light.json', 'utf8')) as Style;
const kiosks = collection('kiosks', {
  status: { field: 's', until: 'u', means: { дійсний: 'valid', анульований: 'annulled' } },
});

describe('legend', () => {
  it('lists the standings that a register can have, with the marks of the map', () => {
    expect(possibleStandings(kiosks)).toEqual(['expired', 'valid', 'annulled']);
    expect(legend(style, kiosks)[0]).toEqual({
      swatch: { kind: 'mark', shape: 'kiosk', standing: 'expired' },
      label: { standing: 'expired' },
    });
    expect(signOf(style, kiosks)).toMatchObject({ kind: 'shape', shape: 'kiosk' });
  });

  it('names fills by the labels of the field', () => {
    const ownership = field('ownership', { values: [{ value: 'комунальна', uk: 'комунальна', en: 'municipal' }] });
    const parcels = collection('parcels', { geometry: 'polygon', fields: [ownership] });
    const [first, ...rest] = legend(style, parcels);
    expect(first?.label).toMatchObject({ en: 'municipal' });
    expect(rest.at(-1)).toMatchObject({ swatch: { kind: 'line', dashed: true }, label: { standing: 'expired' } });
  });

  it('names zones by the words that the style itself carries', () => {
    const labels = legend(style, collection('zoning', { geometry: 'polygon' })).map(({ label }) => label);
    expect(labels).toContainEqual({ uk: 'Ж — житлові', en: 'Ж — residential' });
  });
});
