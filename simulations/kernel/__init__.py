"""The kernel of the simulator: virtual time, numbers from a seed, processes, a network and disks.

One seed decides everything. There are no threads, no wall clock, no global random state; what is drawn is
drawn here and handed to the machines of the model, which never draw.
"""
