// The records at the other ends of a record's links, put together by what they are to it.
import type { Collection, Related } from '../api/types';
import type { Language } from '../url';
import { number } from './format';
import { standingLabel } from './feature';
import { m } from './messages/messages';

/** Everything at the end of one link. */
export interface Bundle {
  key: string;
  title: string;
  /** What is wrong with the record because this link leads somewhere. */
  warning: string | null;
  records: Related[];
  /** How many the server has left out. */
  more: number;
}

/** By link, in the server's order. */
export function bundles(related: Related[], lang: Language): Bundle[] {
  const found = new Map<string, Bundle>();
  for (const one of related) {
    const key = `${one.reverse ? '<' : '>'}${one.layer}/${one.link}`;
    const bundle = found.get(key) ?? {
      key,
      title: one.title[lang],
      warning: one.warning?.[lang] ?? null,
      records: [],
      more: 0,
    };
    bundle.records.push(one);
    found.set(key, bundle);
  }
  return [...found.values()];
}

/** "анульований, 12 м": how the other record stands, and how far away it is. */
export function relatedNote({ standing, metres }: Related, collection: Collection | undefined, lang: Language): string {
  const parts: string[] = [];
  if (standing && collection) parts.push(standingLabel(collection, standing, lang));
  if (typeof metres === 'number') parts.push(m.scale_m({ value: number(Math.round(metres), lang) }));
  return parts.join(', ');
}
