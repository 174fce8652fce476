"""``glom-video study``: what the parts of the model are worth. One file per question; each renders
the clips it needs."""
