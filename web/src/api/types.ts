// Names for what the API answers with; the shapes themselves come from the server's own description (schema.gen.ts).
import type { components } from './schema.gen';

type Schemas = components['schemas'];

export type Text = Schemas['Bilingual'];
export type Standing = Schemas['Standing'];
export type Field = Schemas['FieldDescription'];
export type Register = Schemas['Register'];
export type Collection = Schemas['Collection'];
export type Group = Schemas['Group'];
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
  /** What it stands in, beside or with: found by the database. */
  related?: Related[];
}

/** A record of another register (or of the same) at the end of a link. */
export interface Related {
  link: string;
  title: Text;
  layer: string;
  id: number;
  name: string;
  standing?: Standing | null;
  /** How far away it is; absent where it is not about distance. */
  metres?: number | null;
  /** The other record leads here. */
  reverse?: boolean;
  /** What is wrong where this link leads anywhere, for example "Stands within red lines". */
  warning?: Text | null;
}

export interface FeaturePage {
  features: Feature[];
  links: Schemas['Link'][];
}
