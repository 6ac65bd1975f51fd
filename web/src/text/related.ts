// The records at the other ends of a record's links, put together by what they are to it.
import type { Collection, More, Related, Severity } from '../api/types';
import type { Language } from '../url';
import { number } from './format';
import { standingLabel, standingOf } from './feature';
import { m } from './messages/messages';

/** Everything at the end of one link. */
export interface Bundle {
  key: string;
  title: string;
  /** What is wrong with the record because this link leads somewhere. */
  warning: { severity: Severity; text: string } | null;
  records: Related[];
  /** How many the server has left out. */
  more: number;
}

function keyOf({ reverse, layer, link }: Related | More): string {
  return `${reverse ? '<' : '>'}${layer}/${link}`;
}

/** By link, in the server's order. */
export function bundles(related: Related[], more: More[], lang: Language): Bundle[] {
  const left = new Map(more.map((one) => [keyOf(one), one.more]));
  const found = new Map<string, Bundle>();
  const own = new Set(related.filter(({ reverse }) => !reverse).map(({ layer, id }) => `${layer}/${id}`));
  for (const one of related) {
    // Two registers may lead to each other: that is one neighbour.
    if (one.reverse && own.has(`${one.layer}/${one.id}`)) continue;
    const key = keyOf(one);
    const bundle = found.get(key) ?? {
      key,
      title: one.title[lang],
      warning: one.warning ? { severity: one.warning.severity, text: one.warning.says[lang] } : null,
      records: [],
      more: left.get(key) ?? 0,
    };
    bundle.records.push(one);
    found.set(key, bundle);
  }
  return [...found.values()];
}

/** "анульований, 12 м": how the other record stands, and how far away it is. */
export function relatedNote(
  { standing: text, metres }: Related,
  collection: Collection | undefined,
  lang: Language,
): string {
  const parts: string[] = [];
  const standing = standingOf({ standing: text ?? null });
  if (standing && collection) parts.push(standingLabel(collection, standing, lang));
  if (typeof metres === 'number') parts.push(m.scale_m({ value: number(Math.round(metres), lang) }));
  return parts.join(', ');
}
