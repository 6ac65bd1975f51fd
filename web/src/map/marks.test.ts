// The legend and the map must speak with one voice: the style's colours are the marks' colours.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Json, Style } from '../api/style';
import { colours, glyphs, parseHatch, parseMark, standings } from './marks';

const style = JSON.parse(readFileSync('../styles/light.json', 'utf8')) as Style;

function matchesOnStanding(json: Json | undefined): Json[][] {
  if (!Array.isArray(json)) return [];
  const here = json[0] === 'match' && JSON.stringify(json[1]) === '["get","standing"]' ? [json] : [];
  return [...here, ...json.flatMap(matchesOnStanding)];
}

describe('styles/light.json', () => {
  it('paints every standing in the colour of its mark', () => {
    const painted = style.layers.flatMap(({ paint }) => matchesOnStanding(paint?.['circle-color']));
    expect(painted.length).toBeGreaterThan(0);
    for (const [, , ...pairs] of painted) {
      expect(pairs.pop()).toBe(colours.none);
      const entries = Array.from({ length: pairs.length / 2 }, (_, at) => [pairs[2 * at], pairs[2 * at + 1]]);
      expect(Object.fromEntries(entries)).toEqual(Object.fromEntries(standings.map((one) => [one, colours[one]])));
    }
  });

  it('paints a cluster in the colour of the standing that asks most for attention', () => {
    const clusters = style.layers.filter(
      ({ type, filter }) => type === 'circle' && JSON.stringify(filter)?.includes('"=="'),
    );
    expect(clusters.length).toBeGreaterThan(0);
    for (const { paint } of clusters) {
      const [, ...cases] = paint?.['circle-color'] as Json[];
      expect(cases.pop()).toBe(colours.none);
      const counted = cases.filter((_, at) => at % 2 === 0).map((one) => /count_[a-z]+/.exec(JSON.stringify(one))?.[0]);
      expect(counted).toEqual(standings.map((one) => `count_${one}`));
      expect(cases.filter((_, at) => at % 2 === 1)).toEqual(standings.map((one) => colours[one]));
    }
  });

  it('asks only for images that can be drawn', () => {
    const prefixes = style.layers.flatMap(({ layout }) => {
      const image = layout?.['icon-image'];
      return Array.isArray(image) && image[0] === 'concat' ? [String(image[1])] : image === undefined ? [] : ['?'];
    });
    expect(prefixes.length).toBeGreaterThan(0);
    for (const prefix of prefixes) expect(parseMark(`${prefix}valid`), prefix).not.toBeNull();
  });

  it('fills only with hatches that can be drawn', () => {
    for (const { paint } of style.layers) {
      const pattern = paint?.['fill-pattern'];
      if (pattern !== undefined) expect(parseHatch(String(pattern)), String(pattern)).not.toBeNull();
    }
    expect(parseHatch('hatch-c1272d')).toBe('#c1272d');
    expect(parseHatch('hatch-red')).toBeNull();
  });

  it('names only fonts that the page brings along', () => {
    const fonts = style.layers.flatMap(({ layout }) => (layout?.['text-font'] as string[] | undefined) ?? []);
    expect([...new Set(fonts)].toSorted()).toEqual(['Noto Sans', 'Noto Sans Medium', 'Noto Sans Regular']);
  });
});

describe('marks', () => {
  it('differ by glyph as well as by colour', () => {
    expect(new Set(Object.values(glyphs)).size).toBe(Object.keys(colours).length);
    expect(new Set(Object.values(colours)).size).toBe(Object.keys(colours).length);
  });

  it('are read from image names', () => {
    expect(parseMark('kiosk-late')).toEqual({ shape: 'kiosk', standing: 'late', chosen: false });
    expect(parseMark('pin-done-chosen')).toEqual({ shape: 'pin', standing: 'done', chosen: true });
    expect(parseMark('kiosk')).toBeNull();
    expect(parseMark('kiosk-new')).toBeNull();
  });
});
