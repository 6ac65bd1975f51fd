// Browser tests against a running server (MISTO_URL) and its database (MISTO_DATABASE): the real page, the real tiles, Debian's Chromium without a graphics card.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  // the README's picture is taken on request
  testIgnore: process.env['MISTO_SCREENSHOT'] === '1' ? [] : ['screenshot.spec.ts'],
  outputDir: '../../web/test-results',
  forbidOnly: true,
  workers: 2,
  fullyParallel: true,
  timeout: 45_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    baseURL: process.env['MISTO_URL'] ?? 'http://127.0.0.1:8080',
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    locale: 'uk-UA',
    timezoneId: 'Europe/Kyiv',
    permissions: ['clipboard-read', 'clipboard-write'],
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--use-gl=angle',
        '--use-angle=swiftshader',
        '--enable-unsafe-swiftshader',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
