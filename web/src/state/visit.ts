// Going to what was chosen in a list: the map moves there, the card opens, and the register is drawn.
import { flushSync } from 'svelte';
import type { Collection, Hit } from '../api/types';
import { layout } from './layout.svelte';
import { page } from './page.svelte';
import { place } from './place.svelte';
import { recent } from './recent.svelte';
import { search } from './search.svelte';
import { selection } from './selection.svelte';

/** A house fills the screen, and its neighbours are still in sight. */
const closest = 17;

export function visit(hit: Hit): void {
  search.close();
  recent.add(hit);
  if (hit.layer !== null && hit.id !== null) {
    const target = { layer: hit.layer, id: hit.id };
    place.close();
    selection.open([target]);
    if (hit.point) page.showChosen();
    if (page.map && hit.bbox) page.headedFor = target;
    else page.arriving = !page.map;
  } else {
    selection.close();
    place.open(hit);
  }
  if (!hit.bbox) return;
  // The card takes its room first, so that the map knows its middle before it sets out.
  flushSync();
  page.map?.go(hit.bbox, { maxZoom: closest });
}

/** Draws a register and shows its line in the list. */
export function visitRegister({ id, extent }: Collection): void {
  search.close();
  selection.close();
  place.close();
  if (page.theme !== 'registers') page.choose('registers');
  if (extent && !page.shown.has(id)) page.turn(id, true);
  if (layout.stop === 'peek') layout.stop = 'half';
  page.pointedAt = id;
}
