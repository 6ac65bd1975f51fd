// People type few letters, in small ones, and no apostrophes.
import { describe, expect, it } from 'vitest';
import { collection } from '../testing';
import { begins, findRegisters } from './find';

const groups = [{ id: 'g', title: { uk: 'Торгівля та реклама', en: 'Trade and advertising' } }];
const trade = collection('trade_objects', { title: { uk: 'Об’єкти торгівлі', en: 'Trade objects' } });
const structures = collection('kiosks', {
  title: { uk: 'Тимчасові споруди', en: 'Temporary structures' },
  description: { uk: 'Кіоски, павільйони: чиї і до якого дня.', en: 'Kiosks: whose and until when.' },
});
const found = (query: string): string[] => findRegisters(query, [structures, trade], groups).map(({ id }) => id);

describe('registers', () => {
  it.each(['обєкт', "об'єкти", 'ТОРГ обє', 'trade_ob', 'objects'])('are found by name: “%s”', (query) => {
    expect(found(query)).toEqual(['trade_objects']);
  });

  it('are found by the name of their group, after those that are named so themselves', () => {
    expect(found('торг')).toEqual(['trade_objects', 'kiosks']);
    expect(found('рекламою')).toEqual(['kiosks', 'trade_objects']);
  });

  it('are found by what they are about', () => {
    expect(found('кіоск')).toEqual(['kiosks']);
    expect(found('павільйон дня')).toEqual(['kiosks']);
  });

  it.each(['', ' ', 'т', 'игорь', 'орг', 'торгівля земля'])('are not found by “%s”', (query) => {
    expect(found(query)).toEqual([]);
  });

  it('are meant by whoever begins to type their name', () => {
    expect(begins(trade, "Об'єкти т")).toBe(true);
    expect(begins(trade, 'tra')).toBe(true);
    expect(begins(trade, 'об')).toBe(false);
    expect(begins(trade, 'торгівлі')).toBe(false);
  });
});
