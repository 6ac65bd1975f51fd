// How the screen is shared between the map and what lies on it, in numbers: the map keeps clear of the panels.
import type { Padding } from '../map/map';
import { moment } from './moment.svelte';
import { place } from './place.svelte';
import { selection } from './selection.svelte';
import { session } from './session.svelte';

export type Stop = 'peek' | 'half' | 'full';

const peek = 104;
/** The search box on a phone, and the box with the pills under it. */
const bar = 60;
const top = 112;
/** The notice that the map shows the past, where it lies under the pills. */
const notice = 56;
const gap = 12;
const card = 384;

class Layout {
  width = $state(0);
  height = $state(0);
  stop = $state<Stop>('half');

  /** A phone held sideways: the sheet stands at the left instead of the bottom. */
  get sideways(): boolean {
    return session.phone && this.width >= 576;
  }

  get panel(): number {
    if (this.sideways) return Math.min(360, this.width * 0.48);
    return Math.min(Math.max(this.width * 0.36, 320), 384);
  }

  /** Wide screens have room for the card beside the panel; on others it covers the panel. */
  get cardBeside(): boolean {
    return !session.phone && this.width >= 1180;
  }

  get stops(): Record<Stop, number> {
    const full = this.height - (this.sideways ? gap : bar);
    const half = this.sideways ? full : Math.round(this.height * 0.46);
    return { peek, half: Math.min(half, full), full };
  }

  /** How far down the box and the pills reach on a phone. */
  get top(): number {
    return top;
  }

  /** What the sheet covers for long; pulled up in full it covers the map for a moment only. */
  get sheet(): number {
    return this.stop === 'peek' ? this.stops.peek : this.stops.half;
  }

  /** What the panels leave of the map: the part that the themes count. A card that comes and goes changes no count. */
  get frame(): Padding {
    const above = top + (moment.day === null ? 0 : notice);
    if (this.sideways) return { top: above, right: 64, bottom: gap, left: this.panel };
    if (session.phone) return { top: above, right: 0, bottom: this.sheet, left: 0 };
    return { top: 0, right: 0, bottom: 0, left: this.panel };
  }

  /** What the map keeps clear of when it shows a place. */
  get padding(): Padding {
    const { frame } = this;
    const beside = (selection.target || place.hit) && this.cardBeside ? card + gap : 0;
    return { ...frame, left: frame.left + beside };
  }
}

export const layout = new Layout();
