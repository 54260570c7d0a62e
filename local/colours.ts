/** In a page and in a picture of its own: the drawing names its colours only, so that it is light or dark with the reader's system. */
export const colours = `:root { color-scheme: light dark; --ink: #1f2328; --page: #ffffff; --muted: #59636e; --line: #d1d9e0;
  --idle: #e8ebef; --slow: #d9822b; --fast: #2f7ed8; --again: #8250df; --quiet: #1a7f37; --dead: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --page: #0d1117; --muted: #9198a1; --line: #30363d;
  --idle: #21262d; --slow: #e09b52; --fast: #4f9cf5; --again: #bc8cff; --quiet: #3fb950; --dead: #ff7b72; } }`
