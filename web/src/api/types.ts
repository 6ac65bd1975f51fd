// The part of the server's API that the page reads, in the shape that openapi-typescript writes it.
export interface Text {
  uk: string;
  en: string;
}

export type Standing = 'planned' | 'valid' | 'active' | 'late' | 'suspended' | 'done' | 'expired' | 'annulled';

export type FieldType =
  | 'text'
  | 'integer'
  | 'number'
  | 'money'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'url'
  | 'edrpou'
  | 'katottg'
  | 'cadastral_number';

export interface Field {
  name: string;
  title: Text;
  type: FieldType;
  required: boolean;
  unit: Text | null;
  values: ({ value: string } & Text)[] | null;
  minor: boolean;
  tiles: number | null;
}

export interface Register {
  title: Text;
  description: Text;
  group: string;
  order: number;
  geometry: 'point' | 'line' | 'polygon';
  name: string;
  zooms: { min: number; max: number };
  updated: string;
  licence: string;
  attribution: Text;
  color: string | null;
  legal: string | null;
  status: { field: string; until: string | null; means: Record<string, Standing> } | null;
  count: number;
  fields: Field[];
}

export interface Collection {
  id: string;
  title: string;
  extent?: { spatial: { bbox: number[][] } };
  misto: Register;
}

export interface Group {
  id: string;
  title: Text;
}

export interface Link {
  href: string;
  rel: string;
}

export type Value = string | number | boolean | null;

export type Geometry =
  | { type: 'Point'; coordinates: number[] }
  | { type: 'MultiPoint' | 'LineString'; coordinates: number[][] }
  | { type: 'MultiLineString' | 'Polygon'; coordinates: number[][][] }
  | { type: 'MultiPolygon'; coordinates: number[][][][] };

export interface Feature {
  type: 'Feature';
  id: number;
  geometry: Geometry | null;
  properties: Record<string, Value>;
}

export interface FeaturePage {
  features: Feature[];
  links: Link[];
}

interface Answer<T> {
  200: { content: { 'application/json': T } };
}

export interface paths {
  '/api/collections': {
    get: { responses: Answer<{ groups: Group[]; collections: Collection[] }> };
  };
  '/api/collections/{layer}/items': {
    get: {
      parameters: { path: { layer: string }; query?: { bbox?: string; limit?: number } };
      responses: Answer<FeaturePage>;
    };
  };
  '/api/collections/{layer}/items/{id}': {
    get: { parameters: { path: { layer: string; id: number } }; responses: Answer<Feature> };
  };
}
