// Lint rules; the import rules are the map of the code: panels → state → api, and one door to MapLibre.
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const only = (files, groups, ignores = []) => ({
  files,
  ignores,
  rules: { 'no-restricted-imports': ['error', { patterns: groups.map(([group, message]) => ({ group, message })) }] },
});
const maplibre = [['maplibre-gl', 'maplibre-gl/*'], 'Only src/map/map.ts speaks to MapLibre.'];
const panels = [['**/panels/*'], 'Panels are the top: nothing below imports them.'];
const state = [['**/state/*'], 'State stands above this folder.'];

export default ts.config(
  { ignores: ['dist', 'src/text/messages', 'project.inlang', 'src/api/*.gen.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  only(['src/panels/**', 'src/App.svelte', 'src/main.ts'], [maplibre]),
  only(['src/state/**'], [maplibre, panels]),
  only(['src/ui/**', 'src/text/**', 'src/api/**', 'src/url.ts'], [maplibre, panels, state]),
  only(['src/map/**'], [maplibre, panels, state], ['src/map/map.ts']),
);
