// Ends a worker whose vitest was killed: it would keep host B and its processes.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
