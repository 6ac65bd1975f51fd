// The day as of whose end the page shows the city; without one it shows the city as it is.

/** The clock of the city, whatever the clock of the visitor: 2026-11-25. Swedes write days so. */
const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Kyiv' });

class Moment {
  #day = $state<string | null>(null);

  get day(): string | null {
    return this.#day;
  }

  get today(): string {
    return clock.format(new Date());
  }

  /** The day of a moment by the city's clock. */
  dayOf(moment: string): string {
    return clock.format(new Date(moment));
  }

  /** The end of today is now, and the days to come are not known. */
  choose(day: string | null): void {
    this.#day = day !== null && day < this.today ? day : null;
  }
}

export const moment = new Moment();
