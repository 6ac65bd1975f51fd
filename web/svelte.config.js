// Svelte's settings, shared by Vite, svelte-check and the linter: runes everywhere.
export default { compilerOptions: { runes: true } };
