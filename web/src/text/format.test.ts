// Sums and dates are read by people who check them: the exact characters matter.
import { describe, expect, it } from 'vitest';
import { date, datetime, money, number, roundMoney } from './format';
import { overwriteGetLocale } from './messages/runtime';

overwriteGetLocale(() => 'uk');

describe('money', () => {
  it('groups by thousands and keeps kopecks where there are any', () => {
    expect(money(12345678, 'uk')).toBe('12\u00a0345\u00a0678\u00a0₴');
    expect(money(1234.5, 'uk')).toBe('1\u00a0234,50\u00a0₴');
    expect(money(12345678, 'en')).toBe('₴12,345,678');
  });

  it.each([
    [950, '950\u00a0₴'],
    [84_300, '84\u00a0тис.\u00a0₴'],
    [4_200_000, '4,2\u00a0млн\u00a0₴'],
    [999_960, '1\u00a0млн\u00a0₴'],
    [250_400_000, '250\u00a0млн\u00a0₴'],
    [1_250_000_000, '1,3\u00a0млрд\u00a0₴'],
  ])('says %d at a glance', (value, text) => {
    expect(roundMoney(value, 'uk')).toBe(text);
  });
});

describe('numbers and dates', () => {
  it('uses a decimal comma in Ukrainian', () => {
    expect(number(0.0812, 'uk')).toBe('0,0812');
    expect(number(1234, 'uk')).toBe('1\u00a0234');
  });

  it('writes the day first', () => {
    expect(date('2027-03-12')).toBe('12.03.2027');
    expect(date('навесні')).toBe('навесні');
    expect(datetime('2026-11-10T22:15:00Z', 'uk')).toBe('11.11.2026, 00:15');
  });
});
