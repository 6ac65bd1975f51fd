// Who is looking, and on what: the language of the page and whether the screen is a phone's.
import { MediaQuery } from 'svelte/reactivity';
import { overwriteGetLocale } from '../text/messages/runtime';
import { languages, type Language } from '../url';

function preferred(): Language {
  for (const tag of navigator.languages) {
    const known = languages.find((one) => tag.toLowerCase().split('-')[0] === one);
    if (known) return known;
  }
  return 'uk';
}

class Session {
  /** The language chosen by hand: it is kept in the link. */
  chosen = $state<Language | null>(null);
  readonly #phone = new MediaQuery('(max-width: 575.98px) or (max-height: 499.98px)');
  /** Read out by screen readers. */
  announcement = $state('');

  get lang(): Language {
    return this.chosen ?? preferred();
  }

  get phone(): boolean {
    return this.#phone.current;
  }
}

export const session = new Session();

overwriteGetLocale(() => session.lang);
