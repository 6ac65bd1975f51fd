// The parts of a MapLibre style document that the page reads.
import type { Text } from './types';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export interface StyleLayer {
  id: string;
  type: string;
  source?: string;
  'source-layer'?: string;
  minzoom?: number;
  maxzoom?: number;
  filter?: Json;
  layout?: Record<string, Json>;
  paint?: Record<string, Json>;
  metadata?: { 'misto:legend'?: Record<string, Text>; 'misto:generated'?: boolean };
}

export interface Style {
  version: 8;
  name?: string;
  sources: Record<string, { type: string; url?: string }>;
  layers: StyleLayer[];
}
