"""The simulated film: two elements and a video of one film, made from any frames, with known truth and a seed.

Footage of real film cannot be shipped, and its truth is never known. Here each frame goes through a model of what
happens to film: exposure through the optics of its gauge, grain, the characteristic curve, dyes, their fading, wear and
the scan (`simulated_elements`), or through a telecine and a video disc (`aged_video`). Their framing and frame numbers
are the footage's; `raw_element` gives an element its own, as an archive would deliver it. Each module names the sources
of its physics. Begin with `simulate`.
"""
