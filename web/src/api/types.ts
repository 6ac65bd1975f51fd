// Names for what the API answers with; the shapes themselves come from the server's own description (schema.gen.ts).
import type { components } from './schema.gen';

type Schemas = components['schemas'];

export type Text = Schemas['Bilingual'];
export type Standing = Schemas['Standing'];
export type Field = Schemas['FieldDescription'];
/** How many records there are is left out of some answers about the past only. */
export type Register = Schemas['Register'] & { count: number };
export type Collection = Schemas['Collection'] & { misto: Register };
export type Group = Schemas['Group'];
export type Related = Schemas['Related'];
export type More = Schemas['More'];
export type Severity = Schemas['Severity'];
export type Version = Schemas['VersionStep'];

/** West, south, east, north, in degrees. */
export type Box = [number, number, number, number];

export type Value = string | number | boolean | null;

export type Geometry =
  | { type: 'Point'; coordinates: number[] }
  | { type: 'MultiPoint' | 'LineString'; coordinates: number[][] }
  | { type: 'MultiLineString' | 'Polygon'; coordinates: number[][][] }
  | { type: 'MultiPolygon'; coordinates: number[][][][] };

/** The description leaves geometry and properties open, because every register has its own. */
export interface Feature {
  type: 'Feature';
  id: number;
  geometry: Geometry | null;
  properties: Record<string, Value>;
  /** Counts the changes of the record; absent where the register keeps no history. */
  version?: number | null;
  /** What it stands in, beside or with; of a single record, as of the day asked for. */
  related?: Related[];
  related_more?: More[];
}

export interface FeaturePage {
  features: Feature[];
  links: Schemas['Link'][];
}

export type Suggestion = Schemas['SearchSuggestion'];

/** The description leaves open whether what is null is there at all, and how long a list is; in answers it is there. */
export interface Hit extends Required<Omit<Schemas['SearchHit'], 'point' | 'bbox'>> {
  point: [number, number] | null;
  bbox: Box | null;
}

export interface Found extends Required<Omit<Schemas['SearchAnswer'], 'groups'>> {
  groups: (Required<Omit<Schemas['SearchGroup'], 'hits'>> & { hits: Hit[] })[];
}
