// Unit tests are of modules without a page: of its build they need no more than what makes plain code of runes.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({ plugins: [svelte()], test: { include: ['src/**/*.test.ts'] } });
