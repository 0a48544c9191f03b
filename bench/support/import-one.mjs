// import-one.mjs SPECIFIER: prints the milliseconds that importing a module takes.
const start = performance.now()
await import(process.argv[2])
console.log(performance.now() - start)
