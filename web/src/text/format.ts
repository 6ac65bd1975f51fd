// Numbers, sums and dates as people here write them: 12 345 678 ₴, 12.03.2027.
import type { Language } from '../url';
import { m } from './messages/messages';

const tags: Record<Language, string> = { uk: 'uk-UA', en: 'en-GB' };
const cache = new Map<string, Intl.NumberFormat>();

function numbers(lang: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = lang + JSON.stringify(options);
  const known = cache.get(key) ?? new Intl.NumberFormat(tags[lang], { useGrouping: 'always', ...options });
  cache.set(key, known);
  return known;
}

export function number(value: number, lang: Language, digits = 4): string {
  return numbers(lang, { maximumFractionDigits: digits }).format(value);
}

/** A whole sum, kopecks only where there are any: 12 345 678 ₴. */
export function money(value: number, lang: Language): string {
  const digits = Number.isInteger(value) ? 0 : 2;
  const sum = numbers(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  return lang === 'uk' ? `${sum}\u00a0₴` : `₴${sum}`;
}

/** A sum to be taken in at a glance: 4,2 млн ₴. */
export function roundMoney(value: number, lang: Language): string {
  const steps = [
    { from: 999_950_000, unit: 1e9, say: m.money_billion },
    { from: 999_950, unit: 1e6, say: m.money_million },
    { from: 1000, unit: 1e3, say: m.money_thousand },
  ];
  const step = steps.find(({ from }) => value >= from);
  if (!step) return money(Math.round(value), lang);
  const scaled = value / step.unit;
  return step.say({ value: number(scaled, lang, scaled < 100 && step.unit > 1000 ? 1 : 0) }).replaceAll(' ', '\u00a0');
}

export function percent(share: number, lang: Language): string {
  return numbers(lang, { style: 'percent', maximumFractionDigits: 0 }).format(share);
}

/** "2027-03-12" as 12.03.2027; other text comes back as it is. */
export function date(iso: string): string {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)/.exec(iso) ?? [];
  return year && month && day ? `${day}.${month}.${year}` : iso;
}

/** A moment by the clock of the city, whatever the clock of the visitor. */
export function datetime(iso: string, lang: Language): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return iso;
  const parts = new Intl.DateTimeFormat(tags[lang], {
    timeZone: 'Europe/Kyiv',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(moment);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('day')}.${part('month')}.${part('year')}, ${part('hour')}:${part('minute')}`;
}
