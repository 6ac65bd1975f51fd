// What the search box shows, put together from what the server found, what the city's list of registers knows, and
// what was chosen before.
import type { Collection, Found, Group, Hit, Suggestion } from '../api/types';
import type { Language } from '../url';
import { begins, findRegisters } from './find';
import { number } from './format';
import { m } from './messages/messages';

/** One line that can be chosen. */
export type Option =
  | { kind: 'hit'; key: string; hit: Hit }
  | { kind: 'register'; key: string; collection: Collection }
  | { kind: 'suggestion'; key: string; suggestion: Suggestion }
  | { kind: 'more'; key: string; layer: string }
  | { kind: 'all'; key: string };

export interface Section {
  key: string;
  title: string;
  options: Option[];
}

interface Known {
  text: string;
  /** The one register that is asked, after "more"; null: all of them. */
  only: string | null;
  /** The last good answer, which may be to a shorter text. */
  found: Found | null;
  recent: Hit[];
  registers: Collection[];
  groups: Group[];
}

function keyOf({ layer, id, point }: Hit): string {
  return layer === null ? `at ${point?.join()}` : `${layer}/${id}`;
}

/** Whether two hits lead to the same place. */
export function sameHit(a: Hit, b: Hit): boolean {
  return keyOf(a) === keyOf(b);
}

function ofHits(key: string, title: string, hits: Hit[]): Section {
  // A record may be found in two ways; lines are told apart by what they lead to.
  const options = new Map(hits.map((hit) => [keyOf(hit), { kind: 'hit' as const, key: `${key} ${keyOf(hit)}`, hit }]));
  return { key, title, options: [...options.values()] };
}

function registersFor({ text, only, registers, groups }: Known): Section | null {
  const found = only === null ? findRegisters(text, registers, groups) : [];
  const options = found.map((collection) => ({
    kind: 'register' as const,
    key: `register ${collection.id}`,
    collection,
  }));
  return options.length === 0 ? null : { key: 'registers', title: m.theme_registers(), options };
}

function suggested(key: string, title: string, suggestions: Suggestion[]): Section[] {
  const options = suggestions.map((suggestion) => ({
    kind: 'suggestion' as const,
    key: `${key} ${suggestion.q}`,
    suggestion,
  }));
  return options.length === 0 ? [] : [{ key, title, options }];
}

/** Everything that can be chosen, in the order in which it is read: the first hit is the best one. */
export function sections(known: Known): Section[] {
  const { text, only, found, recent } = known;
  const blank = text.trim() === '';
  // What was found for letters that are gone says nothing about an empty box, and the other way round.
  const answer = found && (found.q.trim() === '') === blank ? found : null;
  const hits = (answer?.groups ?? []).map(({ layer, title, hits, more }) => {
    const section = ofHits(layer ?? 'coordinates', title, hits);
    if (more && layer !== null && only === null) section.options.push({ kind: 'more', key: `more ${layer}`, layer });
    return section;
  });
  if (only !== null) hits[0]?.options.unshift({ kind: 'all', key: 'all' });
  const registers = registersFor(known);
  // Whoever types the name of a register means the register; else it comes after what was found best.
  const meansOne = registers?.options.some((one) => one.kind === 'register' && begins(one.collection, text));
  if (registers) hits.splice(meansOne ? 0 : 1, 0, registers);
  const suggestions = answer?.suggestions ?? [];
  const meant = suggestions.filter(({ kind }) => kind === 'did_you_mean');
  const examples = suggestions.filter(({ kind }) => kind === 'example');
  return [
    ...(blank && recent.length > 0 ? [ofHits('recent', m.search_recent(), recent)] : []),
    ...(hits.length === 0 ? suggested('meant', m.search_meant(), meant) : []),
    ...hits,
    ...(hits.length === 0 ? [] : suggested('meant', m.search_meant(), meant)),
    ...suggested('examples', m.search_examples(), examples),
  ];
}

/** What Enter takes when nothing is picked out. */
export function best(all: Section[]): Option | null {
  const options = all.filter(({ key }) => key !== 'recent').flatMap((section) => section.options);
  return options.find(({ kind }) => kind === 'hit' || kind === 'register') ?? null;
}

/** How many records and registers there are to choose from. */
export function counted(all: Section[]): number {
  return all.flatMap(({ options }) => options).filter(({ kind }) => kind === 'hit' || kind === 'register').length;
}

export interface Part {
  text: string;
  hit: boolean;
}

/** A title in parts: what matches what was typed, and the rest. Marks that make no sense are left out. */
export function parts(title: string, marks: readonly (readonly number[])[]): Part[] {
  const result: Part[] = [];
  let at = 0;
  const add = (to: number, hit: boolean): void => {
    if (to > at) result.push({ text: title.slice(at, to), hit });
    at = Math.max(at, to);
  };
  for (const [from = 0, to = 0] of marks.toSorted(([a = 0], [b = 0]) => a - b)) {
    if (from < at || to <= from || to > title.length) continue;
    add(from, false);
    add(to, true);
  }
  add(title.length, false);
  return result;
}

/** 12 м, 350 м, 1,2 км: as exact as a person needs. */
export function distance(metres: number, lang: Language): string {
  if (metres < 100) return m.scale_m({ value: number(Math.round(metres), lang) });
  if (metres < 995) return m.scale_m({ value: number(Math.round(metres / 10) * 10, lang) });
  return m.scale_km({ value: number(metres / 1000, lang, metres < 10_000 ? 1 : 0) });
}

/** Why it was found, where neither title nor subtitle say it already. */
export function reason({ why, title, subtitle }: Hit): string {
  const said = `${title} ${subtitle}`.toLocaleLowerCase('uk');
  return said.includes(why.text.toLocaleLowerCase('uk')) ? '' : why.text;
}
