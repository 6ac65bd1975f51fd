// How the page is built: one HTML file and hashed assets, nothing inlined, so that it runs under a CSP without 'unsafe-inline'.
import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const server = process.env['MISTO_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [
    paraglideVitePlugin({
      project: './project.inlang',
      outdir: './src/text/messages',
      strategy: ['globalVariable', 'baseLocale'],
    }),
    svelte(),
  ],
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { '/api': server, '/tiles': server, '/styles': server } },
});
