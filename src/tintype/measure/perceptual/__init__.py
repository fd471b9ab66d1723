"""Figures that trained networks give: LPIPS, distances of sets of features, a classifier's opinion.

`tintype.measure.perceptual.catalog` says which there are and which can be measured on this machine;
`tintype.measure.perceptual.judge` measures them. Both load torch only when a network is needed: it comes with
the extra ``perceptual``.
"""
