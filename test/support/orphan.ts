// Vitest that was stopped leaves its workers running; theirs would hold host B and its processes.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
