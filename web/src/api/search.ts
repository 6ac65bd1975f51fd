// What /api/search and /api/search/reverse answer with.
import type { Standing } from './types';

export type Reason =
  'name' | 'former_name' | 'code' | 'field' | 'typo' | 'transliteration' | 'layout' | 'house' | 'near' | 'coordinates';

/** A record that was found, or a bare point: coordinates that were typed. */
export interface Hit {
  layer: string | null;
  id: number | null;
  title: string;
  subtitle: string;
  /** Parts of the title that match what was typed: from, to. */
  marks: [number, number][];
  why: { reasons: Reason[]; text: string };
  point: [number, number] | null;
  bbox: [number, number, number, number] | null;
  standing: Standing | null;
  score: number;
  metres: number | null;
}

export interface HitGroup {
  layer: string | null;
  title: string;
  hits: Hit[];
  more: boolean;
}

export interface Suggestion {
  kind: 'did_you_mean' | 'example';
  q: string;
  text: string;
}

export interface Found {
  q: string;
  groups: HitGroup[];
  around: { layer: string | null; id: number | null; title: string; point: [number, number] } | null;
  suggestions: Suggestion[];
}
