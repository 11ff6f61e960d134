"""Runtime: threads, deadlines and forks, for every floor of the library."""
