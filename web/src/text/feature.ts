// A record of a register in words: its name, how it stands, and its fields as rows of a card.
import type { Collection, Feature, Field, Standing, Text, Value } from '../api/types';
import type { Language } from '../url';
import { date, datetime, money, number } from './format';
import { m } from './messages/messages';

export interface Row {
  name: string;
  title: string;
  text: string;
  /** A second, quieter line: the code of a company under its name. */
  note: string | null;
  link: string | null;
  long: boolean;
  minor: boolean;
}

/** Words for standings that the register itself has no word for, because time brought them about. */
const words: Record<Standing, () => string> = {
  planned: m.standing_planned,
  valid: m.standing_valid,
  active: m.standing_active,
  late: m.standing_late,
  suspended: m.standing_suspended,
  done: m.standing_done,
  expired: m.standing_expired,
  annulled: m.standing_annulled,
};

/** A legend has room for a word or two. */
const longest = 26;

const tenders = /^UA-\d{4}-\d\d-\d\d-\d{6}(-[a-z])?$/;

function filled(value: Value | undefined): value is string | number | boolean {
  return value !== undefined && value !== null && value !== '';
}

function text(value: Value | undefined): string {
  return filled(value) ? String(value) : '';
}

/** Standings whose phrase names the date that ends them, so that no row has to. */
const timed = new Set<Standing | null>(['valid', 'active', 'expired', 'late']);

export function standingOf(properties: Feature['properties']): Standing | null {
  const standing = properties['standing'];
  return typeof standing === 'string' && standing in words ? (standing as Standing) : null;
}

function valueLabel(field: Field | undefined, value: string, lang: Language): string {
  return field?.values?.find((one) => one.value === value)?.[lang] ?? value;
}

/** The register's own words for a standing: "заплановано, тендер"; a plain word if it has none. */
export function standingLabel({ misto }: Collection, standing: Standing, lang: Language): string {
  const field = misto.fields.find(({ name }) => name === misto.status?.field);
  const own = Object.entries(misto.status?.means ?? {})
    .filter(([, means]) => means === standing)
    .map(([value]) => valueLabel(field, value, lang).toLocaleLowerCase(lang));
  const label = own.join(', ');
  return label !== '' && label.length <= longest ? label : words[standing]();
}

/** Nothing if the record does not stand in any way; else "дійсний до 12.03.2027", "строк сплив 01.02.2025", "прострочено з 31.10.2026". */
export function standingPhrase({ misto }: Collection, properties: Feature['properties'], lang: Language): string {
  const standing = standingOf(properties);
  if (!misto.status || standing === null) return '';
  const { field, until } = misto.status;
  const end = until ? text(properties[until]) : '';
  const declared = misto.fields.find(({ name }) => name === field);
  const word = valueLabel(declared, text(properties[field]), lang).toLocaleLowerCase(lang);
  if (standing === 'expired' && end !== '') return m.expired_on({ date: date(end) });
  if (standing === 'late' && end !== '') return m.late_since({ date: date(end) });
  if (standing === 'valid' && end !== '') return m.until({ word, date: date(end) });
  if (standing === 'active' && end !== '') return m.due({ word, date: date(end) });
  return word === '' ? words[standing]() : word;
}

/** Fills the register's `name` template: "{street}, {house}"; what is empty leaves no punctuation behind. */
export function featureName({ misto }: Collection, properties: Feature['properties'], lang: Language): string {
  const filledIn = misto.name.replaceAll(/\{([a-z0-9_]+)\}/g, (_, name: string) => {
    const field = misto.fields.find((one) => one.name === name);
    return valueLabel(field, text(properties[name]), lang);
  });
  return filledIn.replaceAll(/\s+/g, ' ').replaceAll(/^[\s,№]+|[\s,№]+$/g, '');
}

export function addressOf(properties: Feature['properties']): string {
  const block = text(properties['block']);
  const parts = [text(properties['street']), text(properties['house']), block && m.block({ block })];
  // A number at the beginning of a line would have lost its street.
  return parts.filter((part) => part !== '').join(',\u00a0');
}

function shown(field: Field, value: string | number | boolean, lang: Language): string {
  const known = field.values?.find((one) => one.value === value);
  if (known) return known[lang];
  if (typeof value === 'boolean') return value ? m.yes() : m.no();
  if (field.type === 'date') return date(String(value));
  if (field.type === 'datetime') return datetime(String(value), lang);
  if (field.type === 'money') return money(Number(value), lang);
  if (typeof value === 'number' && (field.type === 'number' || field.unit)) return withUnit(value, field.unit, lang);
  return String(value);
}

/** A value of a register's field in words, for a sentence; a field that the register has no more keeps its value. */
export function valueText({ misto }: Collection, name: string, value: unknown, lang: Language): string {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return '';
  const field = misto.fields.find((one) => one.name === name);
  if (!field || value === '') return String(value);
  const words = shown(field, value, lang);
  return field.type === 'url' ? linkText(words) : words;
}

function withUnit(value: number, unit: Text | null | undefined, lang: Language): string {
  const digits = number(value, lang);
  return unit ? `${digits}${unit[lang] === '%' ? '' : '\u00a0'}${unit[lang]}` : digits;
}

function link(field: Field, value: string): string | null {
  if (field.type === 'url') return /^https?:\/\//.test(value) ? value : null;
  return tenders.test(value) ? `https://prozorro.gov.ua/tender/${value}` : null;
}

/** Links are read as a place, not as an address: "misto.example/паспорт.pdf" without the protocol. */
function linkText(url: string): string {
  const place = url.replace(/^https?:\/\/(www\.)?/, '').replace(/\/$/, '');
  try {
    return breakable(decodeURI(place));
  } catch {
    return breakable(place);
  }
}

/** A long address breaks after its slashes, not inside its words. */
function breakable(place: string): string {
  return place.replaceAll('/', '/\u200b');
}

/** The rows of a card. Street, house and block become one address; a code goes under the name that it belongs to. */
export function rows({ misto }: Collection, properties: Feature['properties'], lang: Language): Row[] {
  const named = new Set([...misto.name.matchAll(/\{([a-z0-9_]+)\}/g)].map(([, name]) => name));
  const hasStreet = misto.fields.some(({ name }) => name === 'street');
  const standing = standingOf(properties);
  const result: Row[] = [];
  for (const field of misto.fields) {
    const { name } = field;
    const value = properties[name];
    if (hasStreet && (name === 'house' || name === 'block')) continue;
    if (name === 'street') {
      const address = addressOf(properties);
      const row = { name, text: address, note: null, link: null, long: false, minor: false };
      if (address !== '' && !named.has('street')) result.push({ ...row, title: m.address() });
      continue;
    }
    if (name === misto.status?.field || (name === misto.status?.until && timed.has(standing))) continue;
    if (!filled(value) || (named.has(name) && named.size === 1)) continue;
    if (name.endsWith('_code') && filled(properties[name.replace(/_code$/, '_name')])) continue;
    const code = name.endsWith('_name') ? text(properties[name.replace(/_name$/, '_code')]) : '';
    const href = link(field, String(value));
    const words = shown(field, value, lang);
    result.push({
      name,
      title: field.title[lang],
      text: field.type === 'url' && href !== null ? linkText(words) : words,
      note: code === '' ? null : m.code({ code }),
      link: href,
      long: words.length > 60,
      minor: field.minor,
    });
  }
  return result;
}

const rhythms: Record<string, () => string> = {
  continuous: m.updated_continuous,
  daily: m.updated_daily,
  weekly: m.updated_weekly,
  monthly: m.updated_monthly,
  quarterly: m.updated_quarterly,
  yearly: m.updated_yearly,
  'as-needed': m.updated_as_needed,
};

export function updatedText(updated: string): string {
  return rhythms[updated]?.() ?? updated;
}
