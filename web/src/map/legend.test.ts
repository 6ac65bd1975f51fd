// Legends read from the style itself, so a change of the style is a change of the legend.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Style, StyleLayer } from '../api/style';
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

  it('names marks by the field that chooses them', () => {
    const values = [{ value: 'не готова', uk: 'не готова', en: 'not ready' }];
    const shelters = collection('shelters', { fields: [field('readiness', { values })] });
    expect(legend(style, shelters).at(-1)).toEqual({
      swatch: { kind: 'mark', shape: 'shelter', standing: 'annulled' },
      label: values[0],
    });
    expect(signOf(style, shelters)).toMatchObject({ kind: 'shape', shape: 'shelter' });
  });

  it('shows plain dots in their colour, with the ring and the strength of each standing', () => {
    const ring = ['match', ['get', 'standing'], 'late', '#c2410c', 'expired', '#c81e3a', '#ffffff'];
    const opacity = ['match', ['get', 'standing'], 'annulled', 0.4, 0.95];
    const dot: StyleLayer = {
      id: 'stalls',
      type: 'circle',
      source: 'stalls',
      'source-layer': 'stalls',
      metadata: { 'misto:generated': true },
      paint: { 'circle-color': '#123456', 'circle-stroke-color': ring, 'circle-opacity': opacity },
    };
    const stalls = collection('stalls', { status: kiosks.misto.status ?? null });
    const swatches = legend({ ...style, layers: [...style.layers, dot] }, stalls).map(({ swatch }) => swatch);
    expect(swatches).toEqual([
      { kind: 'spot', colour: '#123456', ring: '#c81e3a', opacity: 0.95 },
      { kind: 'spot', colour: '#123456', ring: '#ffffff', opacity: 0.95 },
      { kind: 'spot', colour: '#123456', ring: '#ffffff', opacity: 0.4 },
    ]);
  });

  it('shows plain outlines in the colour and strength of each standing', () => {
    const outline: StyleLayer = {
      id: 'plots-line',
      type: 'line',
      source: 'plots',
      'source-layer': 'plots',
      metadata: { 'misto:generated': true },
      paint: { 'line-color': ['match', ['get', 'standing'], 'expired', '#c81e3a', '#123456'], 'line-opacity': 0.85 },
    };
    const plots = collection('plots', { geometry: 'polygon', status: kiosks.misto.status ?? null });
    const swatches = legend({ ...style, layers: [...style.layers, outline] }, plots).map(({ swatch }) => swatch);
    expect(swatches[0]).toEqual({ kind: 'line', colour: '#c81e3a', dashed: false, opacity: 0.85 });
    expect(swatches[1]).toMatchObject({ colour: '#123456' });
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
