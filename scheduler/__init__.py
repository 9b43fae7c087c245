"""When to speak unasked: the timetable, the posts and the gate. Pure: `now` and all facts are arguments."""
