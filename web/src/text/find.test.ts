// People type few letters, in small ones, and no apostrophes.
import { describe, expect, it } from 'vitest';
import { collection } from '../testing';
import { finder } from './find';

const title = { uk: 'Об’єкти торгівлі', en: 'Trade objects' };
const trade = collection('trade_objects', { title });
const found = (query: string): boolean => finder(query)(trade, 'Торгівля та реклама');

describe('finder', () => {
  it.each(['', ' ', 'обєкт', "об'єкти", 'ТОРГ', 'торг об', 'trade', 'реклама', 'рекламою', 'trade_ob'])(
    'finds by “%s”',
    (query) => {
      expect(found(query)).toBe(true);
    },
  );

  it.each(['кіоск', 'торгівля кіоск', 'x'])('does not find by “%s”', (query) => {
    expect(found(query)).toBe(false);
  });
});
