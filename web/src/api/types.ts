// Names for what the API answers with; the shapes themselves come from the server's own description (schema.gen.ts).
import type { components } from './schema.gen';

type Schemas = components['schemas'];

export type Text = Schemas['Bilingual'];
export type Standing = Schemas['Standing'];
export type Field = Schemas['FieldDescription'];
export type Register = Schemas['Register'];
export type Collection = Schemas['Collection'];
export type Group = Schemas['Group'];

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
}

export interface FeaturePage {
  features: Feature[];
  links: Schemas['Link'][];
}
