// What a card says about a record is what people will quote: names, terms and rows are held here.
import { beforeEach, describe, expect, it } from 'vitest';
import { collection, field } from '../testing';
import { featureName, rows, standingLabel, standingPhrase } from './feature';
import { overwriteGetLocale } from './messages/runtime';

const kiosks = collection('kiosks', {
  status: {
    field: 'passport_status',
    until: 'passport_until',
    means: { дійсний: 'valid', призупинений: 'suspended', анульований: 'annulled' },
  },
  fields: [
    field('title'),
    field('passport_status', { values: [{ value: 'дійсний', uk: 'дійсний', en: 'valid' }] }),
    field('passport_until', { type: 'date' }),
    field('owner_name'),
    field('owner_code', { type: 'edrpou' }),
    field('area', { type: 'number', unit: { uk: 'м²', en: 'm²' } }),
    field('street'),
    field('house'),
    field('block'),
    field('passport_url', { type: 'url' }),
    field('tender_id'),
    field('electrified', { type: 'boolean', minor: true }),
  ],
});

beforeEach(() => overwriteGetLocale(() => 'uk'));

describe('standing', () => {
  const say = (standing: string, status: string, until: string | null): string =>
    standingPhrase(kiosks, { standing, passport_status: status, passport_until: until }, 'uk');

  it('is said with its term', () => {
    expect(say('valid', 'дійсний', '2027-03-12')).toBe('дійсний до 12.03.2027');
    expect(say('expired', 'дійсний', '2025-02-01')).toBe('строк сплив 01.02.2025');
    expect(say('annulled', 'анульований', '2027-01-01')).toBe('анульований');
    expect(say('valid', 'дійсний', null)).toBe('дійсний');
  });

  it('of works is said with the day that has passed', () => {
    const works = collection('w', { status: { field: 'state', until: 'ends', means: { виконується: 'active' } } });
    const active = { standing: 'active', state: 'виконується', ends: '2027-01-28' };
    expect(standingPhrase(works, active, 'uk')).toBe('виконується, строк до 28.01.2027');
    const late = { standing: 'late', state: 'виконується', ends: '2026-10-31' };
    expect(standingPhrase(works, late, 'uk')).toBe('прострочено з 31.10.2026');
  });

  it('follows the language', () => {
    overwriteGetLocale(() => 'en');
    const properties = { standing: 'valid', passport_status: 'дійсний', passport_until: '2027-03-12' };
    expect(standingPhrase(kiosks, properties, 'en')).toBe('valid until 12.03.2027');
  });

  it('is called in a legend what the register calls it', () => {
    expect(standingLabel(kiosks, 'valid', 'uk')).toBe('дійсний');
    expect(standingLabel(kiosks, 'expired', 'uk')).toBe('строк сплив');
  });
});

describe('name', () => {
  it('is filled in from the template', () => {
    const addresses = collection('addresses', { name: '{street}, {house} {block}' });
    expect(featureName(addresses, { street: 'вулиця Ґонти', house: '5', block: null }, 'uk')).toBe('вулиця Ґонти, 5');
    expect(featureName(addresses, { street: null, house: '5' }, 'uk')).toBe('5');
    expect(featureName(addresses, {}, 'uk')).toBe('');
  });
});

describe('rows', () => {
  const properties = {
    title: 'Кава',
    passport_status: 'дійсний',
    passport_until: '2027-03-12',
    owner_name: 'ПП «Ранок»',
    owner_code: '43128766',
    area: 12.5,
    street: 'вулиця Соборна',
    house: '15',
    block: '2',
    passport_url: 'https://www.misto.example/%D0%BA.pdf',
    tender_id: 'UA-2026-05-18-001234-a',
    electrified: false,
    standing: 'valid',
  };
  const found = new Map(rows(kiosks, properties, 'uk').map((row) => [row.name, row]));

  it('leaves out what the heading already says', () => {
    for (const name of ['title', 'passport_status', 'passport_until']) expect(found.has(name)).toBe(false);
  });

  it('joins an address, and puts a code under its name', () => {
    expect(found.get('street')?.text).toBe('вулиця Соборна,\u00a015,\u00a0корпус 2');
    expect(found.get('owner_name')).toMatchObject({ text: 'ПП «Ранок»', note: 'код 43128766' });
    expect(found.has('owner_code')).toBe(false);
  });

  it('writes units, words for booleans and readable links', () => {
    expect(found.get('area')?.text).toBe('12,5\u00a0м²');
    expect(found.get('electrified')).toMatchObject({ text: 'ні', minor: true });
    expect(found.get('passport_url')).toMatchObject({
      text: 'misto.example/\u200bк.pdf',
      link: properties.passport_url,
    });
    expect(found.get('tender_id')?.link).toBe('https://prozorro.gov.ua/tender/UA-2026-05-18-001234-a');
  });

  it('never makes a link of anything but http', () => {
    const [row] = rows(kiosks, { passport_url: 'javascript:alert(1)' }, 'uk');
    expect(row?.link).toBeNull();
  });
});
