"""Where a live run is shown, but for the page: a window, Rerun, a virtual camera."""
