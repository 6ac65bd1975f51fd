// Unit tests are of pure modules: they need none of the page's build.
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['src/**/*.test.ts'] } });
