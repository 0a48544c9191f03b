// An empty module: the least an import costs.
